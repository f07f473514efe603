"""trilogue, with chat completions."""

# ruff: noqa: D102  # what each method does is said in base.py

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trilogue

from .base import KEY, MESSAGES, SCHEMA, Peer, items_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

TOOL = {"type": "function", "function": {"name": "emit_report", "parameters": SCHEMA}}


class Trilogue(Peer):
    """The synchronous and the asynchronous client."""

    def __init__(self, url: str) -> None:
        self.client = trilogue.Client(base_url=url + "/v1", api_key=KEY, max_retries=0)
        self.aclient = trilogue.AsyncClient(base_url=url + "/v1", api_key=KEY, max_retries=0)

    def open(self, model: str) -> Iterator[Any]:
        return self.client.chat.completions.create(model=model, messages=MESSAGES, stream=True)

    async def aopen(self, model: str) -> AsyncIterator[Any]:
        return await self.aclient.chat.completions.create(model=model, messages=MESSAGES, stream=True)

    def says(self, item: Any) -> bool:
        return bool(item.choices and item.choices[0].delta.content)

    def stream(self, model: str) -> int:
        seen = 0
        for chunk in self.client.chat.completions.create(model=model, messages=MESSAGES, stream=True):
            if chunk.choices and chunk.choices[0].delta.content:
                seen += 1
        return seen

    async def astream(self, model: str) -> int:
        seen = 0
        async for chunk in await self.aclient.chat.completions.create(model=model, messages=MESSAGES, stream=True):
            if chunk.choices and chunk.choices[0].delta.content:
                seen += 1
        return seen

    def text(self, model: str) -> int:
        seen = 0
        for _ in self.client.chat.completions.create(model=model, messages=MESSAGES, stream=True).text_stream:
            seen += 1
        return seen

    async def atext(self, model: str) -> int:
        seen = 0
        stream = await self.aclient.chat.completions.create(model=model, messages=MESSAGES, stream=True)
        async for _ in stream.text_stream:
            seen += 1
        return seen

    def whole(self, model: str) -> int:
        return len(self.client.chat.completions.create(model=model, messages=MESSAGES).choices[0].message.content)

    async def awhole(self, model: str) -> int:
        reply = await self.aclient.chat.completions.create(model=model, messages=MESSAGES)
        return len(reply.choices[0].message.content)

    def partials(self, model: str, mode: str) -> tuple[int, int]:
        seen = items = 0
        if mode == "tool":
            options: dict[str, Any] = {"tools": [TOOL]}
            kind = "tool_calls.function.arguments.delta"
        else:
            options = {"response_format": SCHEMA}
            kind = "content.delta"
        with self.client.chat.completions.stream(model=model, messages=MESSAGES, **options) as stream:
            for event in stream:
                if event.type == kind and (value := event.parsed) is not None:
                    seen += 1
                    items = items_of(value)
            stream.get_final_completion()
        return seen, items


def make(url: str) -> Peer:
    """Return the client."""
    return Trilogue(url)
