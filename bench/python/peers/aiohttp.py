"""A floor: aiohttp, whose parser is written in C, and json; asynchronous only."""

# ruff: noqa: D102  # what each method does is said in base.py

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp

from .base import MESSAGES, Peer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def content_of(line: bytes) -> str | None:
    """Return the text in a line of a stream."""
    if not line.startswith(b"data: {"):
        return None
    choices = json.loads(line[6:])["choices"]
    return choices[0]["delta"].get("content") if choices else None


class Aiohttp(Peer):
    """The client, made within a running event loop."""

    def __init__(self, url: str) -> None:
        self.url = url + "/v1/chat/completions"
        self.made: aiohttp.ClientSession | None = None

    def _post(self, model: str, *, stream: bool) -> Any:
        if self.made is None:
            connector = aiohttp.TCPConnector(limit=0)
            self.made = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))
        return self.made.post(self.url, json={"model": model, "messages": MESSAGES, "stream": stream})

    async def _lines(self, model: str) -> AsyncIterator[bytes]:
        async with self._post(model, stream=True) as reply:
            buffer = b""
            async for data in reply.content.iter_any():
                *lines, buffer = (buffer + data).split(b"\n")
                for line in lines:
                    yield line

    async def aopen(self, model: str) -> AsyncIterator[bytes]:
        return self._lines(model)

    def says(self, item: Any) -> bool:
        return bool(content_of(item))

    async def astream(self, model: str) -> int:
        seen = 0
        async with self._post(model, stream=True) as reply:
            buffer = b""
            async for data in reply.content.iter_any():
                *lines, buffer = (buffer + data).split(b"\n")
                for line in lines:
                    if content_of(line):
                        seen += 1
        return seen

    async def awhole(self, model: str) -> int:
        async with self._post(model, stream=False) as reply:
            return len((await reply.json())["choices"][0]["message"]["content"])

    async def aclose(self) -> None:
        if self.made is not None:
            await self.made.close()


def make(url: str) -> Peer:
    """Return the client."""
    return Aiohttp(url)
