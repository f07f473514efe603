"""A server with a limit of requests, for tests of a client's rate limits.

Rule: it counts a request when it arrives, refuses those beyond its limit with 429 at once, and records everything; it asserts nothing.
"""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

REPLY: dict[str, Any] = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10},
}


@dataclass
class Limit:
    """A limit of requests per second: a token bucket of a size, or a number of requests in each window of `size` seconds."""

    rate: float = math.inf
    kind: str = "bucket"
    size: float = 5
    _tokens: float = field(default=math.nan, init=False)
    _at: float = field(default=0.0, init=False)
    _window: int = field(default=-1, init=False)

    def request(self, now: float) -> tuple[float | None, float, float]:
        """Count a request. Return the wait of a refused one, what is left, and the seconds until the reset."""
        if self.rate == math.inf:
            return None, math.inf, 0.0
        if self.kind == "bucket":
            left = (
                self.size if math.isnan(self._tokens) else min(self.size, self._tokens + (now - self._at) * self.rate)
            )
            self._at, self._tokens = now, left - 1 if left >= 1 else left
            wait = None if left >= 1 else (1 - left) / self.rate
            return wait, math.floor(self._tokens), (self.size - self._tokens) / self.rate
        window = int(now / self.size)
        if window != self._window:
            self._window, self._tokens = window, self.rate * self.size
        reset = (window + 1) * self.size - now
        if self._tokens < 1:
            return reset, 0.0, reset
        self._tokens -= 1
        return None, self._tokens, reset


def in_whole_seconds(wait: float) -> datetime:
    """Return the first whole second of the clock that is at least `wait` seconds away."""
    at = datetime.now(timezone.utc) + timedelta(seconds=wait)
    return (at + timedelta(seconds=1)).replace(microsecond=0)


def waits(style: str, wait: float) -> dict[str, str]:
    """Return the headers of a refusal that name its wait in a style: `ms`, `seconds`, `date`, or none if it is empty."""
    return {
        "": {},
        "ms": {"retry-after-ms": str(math.ceil(wait * 1000))},
        "seconds": {"retry-after": str(math.ceil(wait))},
        "date": {"retry-after": format_datetime(in_whole_seconds(wait), usegmt=True)},
    }[style]


def announcements(family: str, limit: int, left: int, reset: float) -> dict[str, str]:
    """Return the headers that announce a limit in a family: `openai`, `anthropic`, `ietf`, or none if it is empty."""
    return {
        "": {},
        "openai": {
            "x-ratelimit-limit-requests": str(limit),
            "x-ratelimit-remaining-requests": str(left),
            "x-ratelimit-reset-requests": f"{reset:.3f}s",
        },
        "anthropic": {
            "anthropic-ratelimit-requests-limit": str(limit),
            "anthropic-ratelimit-requests-remaining": str(left),
            "anthropic-ratelimit-requests-reset": in_whole_seconds(reset).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "ietf": {
            "ratelimit-policy": f'"default";q={limit}',
            "ratelimit": f'"default";r={left};t={math.ceil(reset)}',
        },
    }[family]


class LimitedServer:
    """An HTTP server in a thread. `delay` is the time of an answer, in seconds.

    `retry_after` is a style of `waits`, `announces` a family of `announcements`.
    """

    def __init__(self, limit: Limit, *, delay: float = 0.0, retry_after: str = "ms", announces: str = "") -> None:
        self.limit = limit
        self.delay = delay
        self.retry_after = retry_after
        self.announces = announces
        #: The content of the first message and the status, for each request in the order of arrival.
        self.log: list[tuple[str, int]] = []
        #: When they arrived, in seconds of the monotonic clock.
        self.times: list[float] = []
        self.running = 0
        #: The most requests that ran at the same time.
        self.most_running = 0
        self.port = 0
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(started)), daemon=True)
        self._thread.start()
        started.wait()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def refused(self) -> int:
        """The number of refused requests."""
        return sum(status == 429 for _, status in self.log)

    def close(self) -> None:
        """Stop the server."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    async def _run(self, started: threading.Event) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=2048)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stopped.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                if head.startswith("OPTIONS"):
                    await self._answer(writer, 204, {}, b"")
                    continue
                names = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                body = await reader.readexactly(int(names.get("content-length", "0")))
                await self._reply(writer, json.loads(body)["messages"][0]["content"])
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _reply(self, writer: asyncio.StreamWriter, content: str) -> None:
        now = time.monotonic()
        wait, left, reset = self.limit.request(now)
        self.log.append((content, 200 if wait is None else 429))
        self.times.append(now)
        headers = {}
        if self.announces:
            limit = self.limit.size if self.limit.kind == "bucket" else self.limit.rate * self.limit.size
            headers = announcements(self.announces, int(limit), int(left), reset)
        if wait is not None:
            headers |= waits(self.retry_after, wait)
            await self._answer(
                writer, 429, headers, b'{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}'
            )
            return
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(self.delay)
        finally:
            self.running -= 1
        await self._answer(writer, 200, headers, json.dumps(REPLY).encode())

    async def _answer(self, writer: asyncio.StreamWriter, status: int, headers: dict[str, str], body: bytes) -> None:
        every = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "access-control-allow-origin": "*",
            "access-control-allow-headers": "*",
            "access-control-expose-headers": "*",
            "access-control-max-age": "600",
            **headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in every.items())
        writer.write(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body)
        await writer.drain()
