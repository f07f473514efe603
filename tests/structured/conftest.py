"""Fixtures of the tests of typed answers and tools: a server that plays a script, and responses of endpoints.

Starts and stops servers and writes their scripts; contains no assertions.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest

from scripted import Scripts
from trilogue import tool

ROOT = Path(os.environ["TRILOGUE_ROOT"])
ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
#: The same for messages.
ASK_MESSAGE: dict[str, Any] = {**ASK, "max_tokens": 100}


@tool
def weather(city: str, days: int = 1, unit: Annotated[str, "`C` or `F`"] = "C") -> dict[str, Any]:
    """Return the weather of a city.

    More for people.

    Args:
        city: Where, with
            its country.
        days: How far ahead, in days.

    """
    return {"city": city, "days": days, "unit": unit}


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripts]:
    """Make servers for one test, and end them after it."""
    monkeypatch.delenv("MODELSLAB_API_KEY", raising=False)
    made = Scripts(tmp_path)
    yield made
    made.end()


def _whole(value: dict[str, Any]) -> dict[str, Any]:
    return {"headers": {"content-type": "application/json"}, "body": [json.dumps(value)]}


def _frames(events: list[dict[str, Any]], *, named: bool) -> list[str]:
    head = [f"event: {event['type']}\n" if named else "" for event in events]
    return [f"{name}data: {json.dumps(event)}\n\n" for name, event in zip(head, events, strict=True)]


def chat_reply(content: str | None, reason: str = "stop", **message: Any) -> dict[str, Any]:
    """Return the whole reply of a chat completion; the answer uses as many tokens as it has characters."""
    said = {"role": "assistant", "content": content, **message}
    length = len(content or "")
    usage = {"prompt_tokens": 1, "completion_tokens": length, "total_tokens": 1 + length}
    choice = {"index": 0, "message": said, "finish_reason": reason}
    about = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    return _whole({**about, "choices": [choice], "usage": usage})


def chat_stream(*deltas: str | dict[str, Any], reason: str | None = "stop", stalls: bool = False) -> dict[str, Any]:
    """Return a streamed chat completion: texts, or whole deltas. With `stalls` it has no end, and the connection stays open."""
    about = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    said = [{"content": delta} if isinstance(delta, str) else delta for delta in deltas]
    chunks = [{**about, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in said]
    if stalls:
        return {"body": _frames(chunks, named=False), "end": "stall"}
    chunks.append({**about, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    chunks.append({**about, "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}})
    return {"body": [*_frames(chunks, named=False), "data: [DONE]\n\n"]}


def chat_calls(*calls: tuple[str, str, str], thought: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a streamed turn that calls tools: id, name, arguments; these in two pieces. A thought comes before."""
    deltas: list[dict[str, Any]] = [thought] if thought else []
    for index, (call, name, arguments) in enumerate(calls):
        middle = len(arguments) // 2
        first = {
            "index": index,
            "id": call,
            "type": "function",
            "function": {"name": name, "arguments": arguments[:middle]},
        }
        deltas.append({"tool_calls": [first]})
        deltas.append({"tool_calls": [{"index": index, "function": {"arguments": arguments[middle:]}}]})
    return chat_stream(*deltas, reason="tool_calls")


def message_reply(text: str, reason: str = "end_turn") -> dict[str, Any]:
    """Return the whole reply of a message."""
    about = {"id": "msg", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
    usage = {"input_tokens": 1, "output_tokens": len(text)}
    return _whole({**about, "content": [{"type": "text", "text": text}], "stop_reason": reason, "usage": usage})


def message_stream(*blocks: tuple[str, ...], reason: str = "end_turn", stalls: bool = False) -> dict[str, Any]:
    """Return a streamed message: of each block its texts, `tool_use`, id, name and its arguments, or `thinking`, the thought and its signature."""
    message = {"id": "msg", "type": "message", "role": "assistant", "model": "m", "content": []}
    message |= {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": message}]
    for index, block in enumerate(blocks):
        if block[0] == "tool_use":
            start: dict[str, Any] = {"type": "tool_use", "id": block[1], "name": block[2], "input": {}}
            middle = len(block[3]) // 2
            deltas = [
                {"type": "input_json_delta", "partial_json": text} for text in (block[3][:middle], block[3][middle:])
            ]
        elif block[0] == "thinking":
            start = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": block[1]}]
            deltas += [{"type": "signature_delta", "signature": signature} for signature in block[2:]]
        else:
            start = {"type": "text", "text": ""}
            deltas = [{"type": "text_delta", "text": text} for text in block]
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        if not stalls:
            events.append({"type": "content_block_stop", "index": index})
    if stalls:
        return {"body": _frames(events, named=True), "end": "stall"}
    events.append({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 2}})
    events.append({"type": "message_stop"})
    return {"body": _frames(events, named=True)}
