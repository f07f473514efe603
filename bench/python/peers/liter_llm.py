"""liter-llm: a Rust client with a Python binding, asynchronous only."""

# ruff: noqa: D102  # what each method does is said in base.py

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING, Any

from liter_llm import create_client
from liter_llm._internal_bindings import ChatCompletionRequest

from .base import KEY, MESSAGES, Peer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class LiterLLM(Peer):
    """The client, which is asynchronous only."""

    def __init__(self, url: str) -> None:
        self.client = create_client(api_key=KEY, base_url=url + "/v1", max_retries=0)

    def _arguments(self, model: str, *, stream: bool) -> Any:
        body = {"model": "openai/" + model, "messages": MESSAGES, "stream": stream}
        return ChatCompletionRequest.from_json(dumps(body))

    async def aopen(self, model: str) -> AsyncIterator[Any]:
        return aiter(self.client.chat_stream(self._arguments(model, stream=True)))

    def says(self, item: Any) -> bool:
        return bool(item.choices and item.choices[0].delta.content)

    async def astream(self, model: str) -> int:
        seen = 0
        async for chunk in self.client.chat_stream(self._arguments(model, stream=True)):
            if chunk.choices and chunk.choices[0].delta.content:
                seen += 1
        return seen

    async def awhole(self, model: str) -> int:
        reply = await self.client.chat(self._arguments(model, stream=False))
        return len(str(reply.choices[0].message.content))


def make(url: str) -> Peer:
    """Return the client."""
    return LiterLLM(url)
