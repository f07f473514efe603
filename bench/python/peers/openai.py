"""openai, OpenAI's own client."""

# ruff: noqa: D102  # what each method does is said in base.py

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai

from .base import KEY, MESSAGES, Peer, items_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def report_type() -> Any:
    """Return the type of the report: this client streams typed answers only."""
    from pydantic import BaseModel

    class Item(BaseModel):
        id: int
        name: str
        qty: int
        price: float
        active: bool
        tags: list[str]
        note: str

    class Report(BaseModel):
        title: str
        items: list[Item]

    Report.model_rebuild(_types_namespace={"Item": Item})
    return Report


class OpenAI(Peer):
    """The synchronous and the asynchronous client."""

    def __init__(self, url: str) -> None:
        self.client = openai.OpenAI(base_url=url + "/v1", api_key=KEY, max_retries=0)
        self.aclient = openai.AsyncOpenAI(base_url=url + "/v1", api_key=KEY, max_retries=0)

    def open(self, model: str) -> Iterator[Any]:
        return iter(self.client.chat.completions.create(model=model, messages=MESSAGES, stream=True))

    async def aopen(self, model: str) -> AsyncIterator[Any]:
        return aiter(await self.aclient.chat.completions.create(model=model, messages=MESSAGES, stream=True))

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

    def whole(self, model: str) -> int:
        reply = self.client.chat.completions.create(model=model, messages=MESSAGES)
        return len(reply.choices[0].message.content or "")

    async def awhole(self, model: str) -> int:
        reply = await self.aclient.chat.completions.create(model=model, messages=MESSAGES)
        return len(reply.choices[0].message.content or "")

    def partials(self, model: str, mode: str) -> tuple[int, int]:
        report = report_type()
        seen = items = 0
        options: dict[str, Any] = {"response_format": report}
        if mode == "tool":
            options = {"tools": [openai.pydantic_function_tool(report, name="emit_report")]}
        with self.client.chat.completions.stream(model=model, messages=MESSAGES, **options) as stream:
            for event in stream:
                value = None
                if event.type == "tool_calls.function.arguments.delta":
                    value = event.parsed_arguments
                elif event.type == "content.delta":
                    value = event.parsed
                if value is not None:
                    seen += 1
                    items = items_of(value)
            stream.get_final_completion()
        return seen, items

    async def aclose(self) -> None:
        await self.aclient.close()


def make(url: str) -> Peer:
    """Return the client."""
    return OpenAI(url)
