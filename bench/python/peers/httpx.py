"""A floor: httpx and json, as little as a program could do by hand."""

# ruff: noqa: D102  # what each method does is said in base.py

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx

from .base import MESSAGES, Peer, items_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def content_of(line: str) -> str | None:
    """Return the text in a line of a stream."""
    if not line.startswith("data: {"):
        return None
    choices = json.loads(line[6:])["choices"]
    return choices[0]["delta"].get("content") if choices else None


class Httpx(Peer):
    """The synchronous and the asynchronous client."""

    def __init__(self, url: str) -> None:
        self.url = url + "/v1/chat/completions"
        limits = httpx.Limits(max_connections=1000, max_keepalive_connections=1000)
        self.client = httpx.Client(timeout=600, limits=limits)
        self.aclient = httpx.AsyncClient(timeout=600, limits=limits)

    def _body(self, model: str, *, stream: bool) -> dict[str, Any]:
        return {"model": model, "messages": MESSAGES, "stream": stream}

    def open(self, model: str) -> Iterator[str]:
        with self.client.stream("POST", self.url, json=self._body(model, stream=True)) as reply:
            yield from reply.iter_lines()

    async def aopen(self, model: str) -> AsyncIterator[str]:
        return self._lines(model)

    async def _lines(self, model: str) -> AsyncIterator[str]:
        async with self.aclient.stream("POST", self.url, json=self._body(model, stream=True)) as reply:
            async for line in reply.aiter_lines():
                yield line

    def says(self, item: Any) -> bool:
        return bool(content_of(item))

    def stream(self, model: str) -> int:
        seen = 0
        with self.client.stream("POST", self.url, json=self._body(model, stream=True)) as reply:
            for line in reply.iter_lines():
                if content_of(line):
                    seen += 1
        return seen

    async def astream(self, model: str) -> int:
        seen = 0
        async with self.aclient.stream("POST", self.url, json=self._body(model, stream=True)) as reply:
            async for line in reply.aiter_lines():
                if content_of(line):
                    seen += 1
        return seen

    def whole(self, model: str) -> int:
        reply = self.client.post(self.url, json=self._body(model, stream=False)).json()
        return len(reply["choices"][0]["message"]["content"])

    async def awhole(self, model: str) -> int:
        reply = (await self.aclient.post(self.url, json=self._body(model, stream=False))).json()
        return len(reply["choices"][0]["message"]["content"])

    def partials(self, model: str, mode: str) -> tuple[int, int]:
        """Parse the received text at each delta, with the fastest parser of unfinished JSON."""
        from jiter import from_json

        seen = items = 0
        buffer = b""
        with self.client.stream("POST", self.url, json=self._body(model, stream=True)) as reply:
            for line in reply.iter_lines():
                if not line.startswith("data: {"):
                    continue
                choices = json.loads(line[6:])["choices"]
                delta = choices[0]["delta"] if choices else {}
                if mode == "json":
                    piece = delta.get("content")
                else:
                    piece = delta["tool_calls"][0]["function"]["arguments"] if "tool_calls" in delta else None
                if piece:
                    buffer += piece.encode()
                    items = items_of(from_json(buffer, partial_mode="trailing-strings"))
                    seen += 1
        return seen, items

    async def aclose(self) -> None:
        await self.aclient.aclose()


def make(url: str) -> Peer:
    """Return the client."""
    return Httpx(url)
