"""A provider without a model: answers that fit the request, in both formats.

A request with tools gets a call of the first tool until its last message has a result. A request with a schema gets a value of that
schema. Anything else gets a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: The text of an answer without tools or schema.
SENTENCE = "REST has many resources, and GraphQL has one endpoint."
_USAGE = {"prompt_tokens": 12, "completion_tokens": 9, "total_tokens": 21}
_MESSAGE_USAGE = {"input_tokens": 12, "output_tokens": 9}
_MODELS = ("openai-gpt-oss-120b", "smollm2-135m-instruct")


@dataclass
class Reply:
    """A response: JSON, or server-sent events."""

    status: int
    body: Any
    events: list[str] | None = None


def respond(method: str, path: str, body: dict[str, Any] | None) -> Reply:
    """Return the response to a request for a path below the base URL."""
    if method == "GET" and path == "/models":
        return Reply(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in _MODELS]})
    if method == "POST" and body is not None:
        if path == "/chat/completions":
            return _chat(body)
        if path == "/messages":
            return _message(body)
        if path == "/messages/count_tokens":
            return Reply(200, {"input_tokens": 12})
    return Reply(404, {"error": {"message": f"there is no {method} {path}", "type": "not_found_error"}})


def sample(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    """Return a value that a schema accepts."""
    root = root or schema
    if "$ref" in schema:
        return sample(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    for keyword in ("anyOf", "oneOf", "allOf"):
        if keyword in schema:
            return sample(schema[keyword][0], root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        return {name: sample(member, root) for name, member in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema["items"], root) for _ in range(2)]
    return {"string": "Oslo", "integer": 20, "number": 1.5, "boolean": True}.get(kind)


def _has_result(body: dict[str, Any]) -> bool:
    last = body["messages"][-1]
    content = last["content"] if isinstance(last.get("content"), list) else []
    return last["role"] == "tool" or any(part.get("type") == "tool_result" for part in content)


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), 8):
        yield text[start : start + 8]


def _answer(schema: dict[str, Any] | None) -> str:
    return SENTENCE if schema is None else json.dumps(sample(schema))


def _chat(body: dict[str, Any]) -> Reply:
    tools = [tool["function"] for tool in body.get("tools", [])]
    message: dict[str, Any] = {"role": "assistant"}
    if tools and not _has_result(body):
        arguments = json.dumps(sample(tools[0].get("parameters", {})))
        function = {"name": tools[0]["name"], "arguments": arguments}
        message |= {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
        reason = "tool_calls"
    else:
        schema = (body.get("response_format") or {}).get("json_schema", {}).get("schema")
        message |= {"content": _answer(schema)}
        reason = "stop"
    common = {"id": "chatcmpl-1", "created": 1, "model": body["model"]}
    if not body.get("stream"):
        choice = {"index": 0, "message": message, "finish_reason": reason}
        return Reply(200, {**common, "object": "chat.completion", "choices": [choice], "usage": _USAGE})

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {**common, "object": "chat.completion.chunk", "choices": [choice]}

    calls = [{"index": index, **call} for index, call in enumerate(message.get("tool_calls", []))]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"tool_calls": calls}] if calls else [{"content": text} for text in _pieces(message["content"])]
    chunks = [*map(chunk, deltas), chunk({}, reason)]
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append({**common, "object": "chat.completion.chunk", "choices": [], "usage": _USAGE})
    return Reply(200, None, [f"data: {json.dumps(item)}\n\n" for item in chunks] + ["data: [DONE]\n\n"])


def _message(body: dict[str, Any]) -> Reply:
    tools = body.get("tools", [])
    if tools and not _has_result(body):
        value = sample(tools[0]["input_schema"])
        block: dict[str, Any] = {"type": "tool_use", "id": "toolu_1", "name": tools[0]["name"], "input": value}
        reason = "tool_use"
    else:
        schema = (body.get("output_config") or {}).get("format", {}).get("schema")
        block = {"type": "text", "text": _answer(schema)}
        reason = "end_turn"
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "stop_sequence": None}
    if not body.get("stream"):
        whole = {**message, "content": [block], "stop_reason": reason, "usage": _MESSAGE_USAGE}
        return Reply(200, whole)
    if block["type"] == "text":
        start = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": text} for text in _pieces(block["text"])]
    else:
        start = {**block, "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": text} for text in _pieces(json.dumps(block["input"]))]
    begin = {**message, "content": [], "stop_reason": None, "usage": {"input_tokens": 12, "output_tokens": 1}}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": begin},
        {"type": "content_block_start", "index": 0, "content_block": start},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": _MESSAGE_USAGE},
        {"type": "message_stop"},
    ]
    return Reply(200, None, [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events])
