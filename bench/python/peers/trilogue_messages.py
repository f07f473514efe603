"""trilogue, with messages in Anthropic's format."""

# ruff: noqa: D102  # what each method does is said in base.py

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trilogue

from .base import KEY, MESSAGES, SCHEMA, Peer, items_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

TOOL = {"name": "emit_report", "input_schema": SCHEMA}


class TrilogueMessages(Peer):
    """The synchronous and the asynchronous client."""

    def __init__(self, url: str) -> None:
        self.client = trilogue.Client(base_url=url + "/v1", api_key=KEY, max_retries=0)
        self.aclient = trilogue.AsyncClient(base_url=url + "/v1", api_key=KEY, max_retries=0)

    def open(self, model: str) -> Iterator[Any]:
        return self.client.messages.create(model=model, messages=MESSAGES, max_tokens=1000, stream=True)

    async def aopen(self, model: str) -> AsyncIterator[Any]:
        return await self.aclient.messages.create(model=model, messages=MESSAGES, max_tokens=1000, stream=True)

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

    def text(self, model: str) -> int:
        seen = 0
        stream = self.client.messages.create(model=model, messages=MESSAGES, max_tokens=1000, stream=True)
        for _ in stream.text_stream:
            seen += 1
        return seen

    async def atext(self, model: str) -> int:
        seen = 0
        stream = await self.aclient.messages.create(model=model, messages=MESSAGES, max_tokens=1000, stream=True)
        async for _ in stream.text_stream:
            seen += 1
        return seen

    def whole(self, model: str) -> int:
        return len(self.client.messages.create(model=model, messages=MESSAGES, max_tokens=1000).content[0].text)

    async def awhole(self, model: str) -> int:
        reply = await self.aclient.messages.create(model=model, messages=MESSAGES, max_tokens=1000)
        return len(reply.content[0].text)

    def partials(self, model: str, mode: str) -> tuple[int, int]:
        seen = items = 0
        if mode == "tool":
            options: dict[str, Any] = {"tools": [TOOL]}
            kind = "input_json"
        else:
            options = {"output_format": SCHEMA}
            kind = "text"
        with self.client.messages.stream(model=model, messages=MESSAGES, max_tokens=1000, **options) as stream:
            for event in stream:
                if event.type == kind and (value := event.parsed) is not None:
                    seen += 1
                    items = items_of(value)
            stream.get_final_message()
        return seen, items


def make(url: str) -> Peer:
    """Return the client."""
    return TrilogueMessages(url)
