"""A user's first script, in an environment with only the wheel."""

from __future__ import annotations

import asyncio
import os
import sys

from trilogue import AsyncClient, Client, ConfigurationError
from trilogue.types import ChatCompletionChunk

MODEL = "openai-gpt-oss-120b"


def whole_text() -> str:
    """Stream with the synchronous client."""
    stream = Client().chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hi"}], stream=True)
    chunks: list[ChatCompletionChunk] = list(stream)
    return "".join(chunk.text for chunk in chunks)


async def whole_text_async() -> str:
    """Stream with the asynchronous client."""
    stream = await AsyncClient().chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "Hi"}], stream=True
    )
    return "".join([text async for text in stream.text_stream])


def refusal() -> str:
    """Create a client without a key for an endpoint that requires one, and return the error message."""
    try:
        Client(base_url="https://example.test")
    except ConfigurationError as error:
        return error.message
    return ""


if __name__ == "__main__":
    os.environ.pop("MODELSLAB_API_KEY", None)
    if whole_text() != "Hello!" or asyncio.run(whole_text_async()) != "Hello!":
        sys.exit("the stream's text is wrong")
    if "MODELSLAB_API_KEY" not in refusal():
        sys.exit("a missing key is not named at construction")
