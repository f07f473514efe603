"""Replies of the test server, as the providers send them. Only data."""

from __future__ import annotations

import json
from typing import Any

Reply = dict[str, Any]

JSON = {"content-type": "application/json", "x-request-id": "req_1", "request-id": "req_1"}
USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
#: A typed answer, and its JSON text.
CITY = {"name": "Paris", "population": 2100000}


def as_json(value: Any, status: int = 200, **headers: str) -> Reply:
    """Return a JSON response."""
    return {"status": status, "headers": {**JSON, **headers}, "body": [json.dumps(value)]}


def completion(content: str | None = "Hello world", **message: Any) -> Reply:
    """Return a chat completion."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content, **message},
        "finish_reason": "tool_calls" if "tool_calls" in message else "stop",
    }
    return as_json(
        {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": USAGE}
    )


def call(name: str, arguments: Any) -> list[dict[str, Any]]:
    """Return the tool calls of a message with one call."""
    return [{"id": "call_1", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}]


def chunks(*texts: str) -> Reply:
    """Return a streamed chat completion."""
    return deltas(*({"content": text} for text in texts))


def call_chunks(name: str, *arguments: str) -> Reply:
    """Return a streamed chat completion with one call, whose arguments arrive in pieces."""
    first = {"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": ""}}
    pieces = [{"index": 0, "function": {"arguments": piece}} for piece in arguments]
    return deltas(*({"tool_calls": [piece]} for piece in (first, *pieces)), reason="tool_calls")


def deltas(*values: dict[str, Any], reason: str = "stop") -> Reply:
    """Return a streamed chat completion of these deltas."""
    shared = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    first = {"role": "assistant", "content": ""}
    ends = [(value, None) for value in (first, *values)] + [({}, reason)]
    items: list[dict[str, Any]] = [
        {**shared, "choices": [{"index": 0, "delta": value, "finish_reason": end}]} for value, end in ends
    ]
    items.append({**shared, "choices": [], "usage": USAGE})
    return {"headers": {"x-request-id": "req_1"}, "body": [*map(_data, items), "data: [DONE]\n\n"]}


def message(*blocks: dict[str, Any], text: str = "Hello world") -> Reply:
    """Return a message in Anthropic's format."""
    content = list(blocks) or [{"type": "text", "text": text}]
    reason = "tool_use" if any(block["type"] == "tool_use" for block in content) else "end_turn"
    return as_json(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": content,
            "stop_reason": reason,
            "stop_sequence": None,
            "usage": {"input_tokens": 7, "output_tokens": 5},
        }
    )


def use(name: str, arguments: Any) -> dict[str, Any]:
    """Return the block of a tool call."""
    return {"type": "tool_use", "id": "toolu_1", "name": name, "input": arguments}


def events(*texts: str) -> Reply:
    """Return a streamed message."""
    start = {"type": "text", "text": ""}
    return _events(start, [{"type": "text_delta", "text": text} for text in texts], "end_turn")


def use_events(name: str, *arguments: str) -> Reply:
    """Return a streamed message with one tool call, whose input arrives in pieces."""
    pieces = [{"type": "input_json_delta", "partial_json": piece} for piece in arguments]
    return _events(use(name, {}), pieces, "tool_use")


def _events(start: dict[str, Any], pieces: list[dict[str, Any]], reason: str) -> Reply:
    usage = {"input_tokens": 7, "output_tokens": 1}
    shared = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    items: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**shared, "stop_reason": None, "stop_sequence": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": start},
        *({"type": "content_block_delta", "index": 0, "delta": piece} for piece in pieces),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": None},
            "usage": {"output_tokens": 5},
        },
        {"type": "message_stop"},
    ]
    return {"headers": {"request-id": "req_1"}, "body": [f"event: {item['type']}\n{_data(item)}" for item in items]}


def _data(item: dict[str, Any]) -> str:
    return f"data: {json.dumps(item)}\n\n"


def models(*ids: str) -> Reply:
    """Return a page of models."""
    return as_json({"object": "list", "data": [{"id": name, "object": "model", "created": 1} for name in ids]})
