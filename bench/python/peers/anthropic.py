"""anthropic, Anthropic's own client."""

# ruff: noqa: D102  # what each method does is said in base.py

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anthropic

from .base import KEY, MESSAGES, SCHEMA, Peer, items_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

TOOL: Any = {"name": "emit_report", "input_schema": SCHEMA}


class Anthropic(Peer):
    """The synchronous and the asynchronous client."""

    def __init__(self, url: str) -> None:
        self.client = anthropic.Anthropic(base_url=url, api_key=KEY, max_retries=0)
        self.aclient = anthropic.AsyncAnthropic(base_url=url, api_key=KEY, max_retries=0)

    def open(self, model: str) -> Iterator[Any]:
        return iter(self.client.messages.create(model=model, messages=MESSAGES, max_tokens=1000, stream=True))

    async def aopen(self, model: str) -> AsyncIterator[Any]:
        return aiter(await self.aclient.messages.create(model=model, messages=MESSAGES, max_tokens=1000, stream=True))

    def says(self, item: Any) -> bool:
        return item.type == "content_block_delta" and item.delta.type == "text_delta"

    def stream(self, model: str) -> int:
        seen = 0
        for event in self.client.messages.create(model=model, messages=MESSAGES, max_tokens=1000, stream=True):
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
                seen += 1
        return seen

    async def astream(self, model: str) -> int:
        seen = 0
        stream = await self.aclient.messages.create(model=model, messages=MESSAGES, max_tokens=1000, stream=True)
        async for event in stream:
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
                seen += 1
        return seen

    def whole(self, model: str) -> int:
        reply: Any = self.client.messages.create(model=model, messages=MESSAGES, max_tokens=1000)
        return len(reply.content[0].text)

    async def awhole(self, model: str) -> int:
        reply: Any = await self.aclient.messages.create(model=model, messages=MESSAGES, max_tokens=1000)
        return len(reply.content[0].text)

    def partials(self, model: str, mode: str) -> tuple[int, int]:
        seen = items = 0
        tools = [TOOL] if mode == "tool" else []
        with self.client.messages.stream(model=model, messages=MESSAGES, max_tokens=1000, tools=tools) as stream:
            for event in stream:
                value: Any = None
                if event.type == "input_json":
                    value = event.snapshot
                elif event.type == "text" and mode == "json":
                    value = event.parsed_snapshot()
                if value is not None:
                    seen += 1
                    items = items_of(value)
            stream.get_final_message()
        return seen, items

    async def aclose(self) -> None:
        await self.aclient.close()


def make(url: str) -> Peer:
    """Return the client."""
    return Anthropic(url)
