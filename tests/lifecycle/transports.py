"""Responses and clients for the tests of transports that a program provides.

Rule: no sockets and no assertions.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import trilogue

URL = "https://models.test/v1"
KEY = "sk-secret-0123456789"
REQUEST: Any = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
JSON = {"content-type": "application/json"}
EVENTS = {"Content-Type": "text/event-stream"}
COMPLETION = (
    b'{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}]}'
)


def chunk(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return f"data: {json.dumps({'id': 'c', 'model': 'm', 'choices': [choice]})}\n\n".encode()


STREAM = [chunk("Hel"), chunk("lo", "stop"), b"data: [DONE]\n\n"]


class Recorded:
    """Chunks, of which some may be actions, that record how many were taken and whether they were closed."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts
        self.produced = 0
        self.is_closed = threading.Event()


class Body(Recorded):
    """An iterable of chunks."""

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            self.produced += 1
            yield part() if callable(part) else part

    def close(self) -> None:
        """Record the close."""
        self.is_closed.set()


class AsyncBody(Recorded):
    """An asynchronous iterable of chunks, whose actions never end."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            self.produced += 1
            if callable(part):
                await asyncio.sleep(30)
            yield part

    async def aclose(self) -> None:
        """Record the close."""
        self.is_closed.set()


def client(transport: Any, **options: Any) -> trilogue.Client:
    return trilogue.Client(transport=transport, base_url=URL, api_key=KEY, **options)


def async_client(transport: Any, **options: Any) -> trilogue.AsyncClient:
    return trilogue.AsyncClient(transport=transport, base_url=URL, api_key=KEY, **options)


def fixed(status: int, headers: Any, body: Any) -> Any:
    return lambda *_: (status, headers, body)
