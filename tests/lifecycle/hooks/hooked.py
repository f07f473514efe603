"""What the tests of hooks share: responses, hooks that keep what they see, and functions that read with either client. Asserts nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import COMPLETION

from trilogue import AsyncClient, Client, HookRequest, HookResponse, tool

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
ASK_MESSAGE: dict[str, Any] = {**ASK, "max_tokens": 9}
TEXTS = ['{"c', '":', " [1,", " 2]}"]
SCHEMA = {"type": "object", "properties": {"c": {"type": "array", "items": {"type": "integer"}}}}
Reply = dict[str, Any]


def chunks(*deltas: Any, reason: str = "stop", end: str | None = None) -> Reply:
    """Return a streamed chat completion; with `end="stall"` one that stays open."""
    shared = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    values = [{"content": delta} if isinstance(delta, str) else delta for delta in deltas]
    items = [{**shared, "choices": [{"index": 0, "delta": value, "finish_reason": None}]} for value in values]
    frames = [f"data: {json.dumps(item)}\n\n" for item in items]
    if end is not None:
        return {"headers": {"x-request-id": "req_1"}, "body": frames, "end": end}
    last = {**shared, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    body = [*frames, f"data: {json.dumps(last)}\n\n", "data: [DONE]\n\n"]
    return {"headers": {"x-request-id": "req_1"}, "body": body}


def events(*texts: str) -> Reply:
    """Return a streamed message."""
    message = {"id": "msg", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None}
    items = [
        {"type": "message_start", "message": {**message, "usage": {"input_tokens": 1, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}} for text in texts),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]
    return {"body": [f"event: {item['type']}\ndata: {json.dumps(item)}\n\n" for item in items]}


def whole(**more: Any) -> Reply:
    """Return a whole chat completion."""
    headers = {"content-type": "application/json", "x-request-id": "req_2"}
    return {"headers": headers, "body": [COMPLETION.decode()], **more}


def refusal(status: int) -> Reply:
    headers = {"content-type": "application/json", "x-request-id": "req_3", "retry-after-ms": "1"}
    return {"status": status, "headers": headers, "body": ['{"error": {"message": "no", "code": "refused"}}']}


CALL = {"index": 0, "id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
TURNS = [chunks({"role": "assistant", "tool_calls": [CALL]}, reason="tool_calls"), chunks("Ra", "in")]


@tool
def weather(city: str) -> str:
    """Return the weather of a city."""
    return f"Rain in {city}"


def suspending(hook: Callable[[Any], object]) -> Callable[[Any], Any]:
    async def suspended(argument: Any) -> None:
        await asyncio.sleep(0)
        hook(argument)

    return suspended


class Seen:
    """Hooks that keep what they see. `asynchronous` hooks suspend once."""

    def __init__(self, *, asynchronous: bool = False) -> None:
        self.requests: list[HookRequest] = []
        self.responses: list[HookResponse] = []
        self.items: list[Any] = []
        self.hooks: dict[str, Any] = {}
        for name, seen in (("request", self.requests), ("response", self.responses), ("event", self.items)):
            self.hooks[f"on_{name}"] = suspending(seen.append) if asynchronous else seen.append


class BrokenHookError(Exception):
    """The exception of a hook."""


def failing_once(*, asynchronous: bool) -> Any:
    """Return a hook whose first call fails."""
    calls: list[object] = []

    def hook(argument: object) -> None:
        calls.append(argument)
        if len(calls) == 1:
            raise BrokenHookError

    return suspending(hook) if asynchronous else hook


#: Functions that open a stream, for both clients.
CHAT_READERS: dict[str, Callable[[Any], Any]] = {
    "create": lambda chat: chat.completions.create(**ASK, stream=True),
    "stream": lambda chat: chat.completions.stream(**ASK),
    "typed stream": lambda chat: chat.completions.stream(**ASK, response_format=SCHEMA),
    "raw response": lambda chat: chat.completions.with_raw_response.create(**ASK, stream=True),
}


def read(open_stream: Callable[[Any], Any], url: str, view: str, **options: Any) -> list[Any]:
    """Open a stream with a `Client`, and return what a loop gets."""
    with Client(base_url=url, **options) as client:
        opened = open_stream(client)
        opened = opened.parse() if hasattr(opened, "parse") else opened
        with opened as stream:
            return list(stream if view == "items" else getattr(stream, view))


async def read_async(open_stream: Callable[[Any], Any], url: str, view: str, **options: Any) -> list[Any]:
    """Open a stream with an `AsyncClient`, and return what a loop gets."""
    async with AsyncClient(base_url=url, **options) as client:
        opened = open_stream(client)
        opened = await opened if hasattr(opened, "__await__") else opened
        opened = opened.parse() if hasattr(opened, "parse") else opened
        async with opened as stream:
            return [item async for item in (stream if view == "items" else getattr(stream, view))]


def read_with(kind: str, *arguments: Any, **options: Any) -> list[Any]:
    return read(*arguments, **options) if kind == "sync" else asyncio.run(read_async(*arguments, **options))


def send(kind: str, url: str, method: Callable[[Any], Any], **options: Any) -> Any:
    """Call a method of a client, and return its result."""
    if kind == "sync":
        with Client(base_url=url, **options) as client:
            return method(client)

    async def run() -> Any:
        async with AsyncClient(base_url=url, **options) as client:
            return await method(client)

    return asyncio.run(run())


kinds = pytest.mark.parametrize("kind", ["sync", "async", "async hooks"])
both = pytest.mark.parametrize("kind", ["sync", "async"])
