"""litellm: its functions are its client."""

# ruff: noqa: D102  # what each method does is said in base.py

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import litellm

from .base import KEY, MESSAGES, Peer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class LiteLLM(Peer):
    """The synchronous and the asynchronous interface."""

    def __init__(self, url: str) -> None:
        self.url = url + "/v1"

    def _arguments(self, model: str) -> dict[str, Any]:
        return {
            "model": "openai/" + model,
            "messages": MESSAGES,
            "api_base": self.url,
            "api_key": KEY,
            "max_retries": 0,
        }

    def open(self, model: str) -> Iterator[Any]:
        return iter(litellm.completion(stream=True, **self._arguments(model)))

    async def aopen(self, model: str) -> AsyncIterator[Any]:
        return aiter(await litellm.acompletion(stream=True, **self._arguments(model)))

    def says(self, item: Any) -> bool:
        return bool(item.choices and item.choices[0].delta.content)

    def stream(self, model: str) -> int:
        seen = 0
        for chunk in litellm.completion(stream=True, **self._arguments(model)):
            if chunk.choices and chunk.choices[0].delta.content:
                seen += 1
        return seen

    async def astream(self, model: str) -> int:
        seen = 0
        async for chunk in await litellm.acompletion(stream=True, **self._arguments(model)):
            if chunk.choices and chunk.choices[0].delta.content:
                seen += 1
        return seen

    def whole(self, model: str) -> int:
        return len(litellm.completion(**self._arguments(model)).choices[0].message.content)

    async def awhole(self, model: str) -> int:
        return len((await litellm.acompletion(**self._arguments(model))).choices[0].message.content)


def make(url: str) -> Peer:
    """Return the client."""
    return LiteLLM(url)
