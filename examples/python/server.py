"""A web server that streams answers to browsers: `pip install starlette uvicorn`, `uvicorn server:app`, `curl localhost:8000/chat?q=Hi`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

from trilogue import AsyncClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

MODEL = os.environ.get("MODELSLAB_MODEL", "openai-gpt-oss-120b")
#: One client for all requests, so that connections are reused.
client = AsyncClient()


async def answer(question: str) -> AsyncIterator[str]:
    """Yield the text of an answer as it arrives."""
    stream = await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": question}], stream=True
    )
    # The end of the block closes the connection to the model, also if the browser disconnects or the server stops.
    async with stream:
        async for text in stream.text_stream:
            yield text


async def chat(request: Request) -> StreamingResponse:
    """Answer the question in the query."""
    question = request.query_params.get("q", "Say hello.")
    return StreamingResponse(answer(question), media_type="text/plain; charset=utf-8")


app = Starlette(routes=[Route("/chat", chat)])
