"""Fixtures for the cost tests: servers with scripted responses, and responses with usage.

This module starts and stops servers and leaves all assertions to the tests.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripted import Scripts

ROOT = Path(os.environ["TRILOGUE_ROOT"])
MODEL = "openai-gpt-oss-120b"
ASK: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripts]:
    """Start the servers of one test and stop them afterwards."""
    monkeypatch.delenv("MODELSLAB_API_KEY", raising=False)
    made = Scripts(tmp_path)
    yield made
    made.end()


def tokens(prompt: int, completion: int, **more: Any) -> dict[str, Any]:
    """Return the usage of a chat completion."""
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion, **more}


def _json_response(value: dict[str, Any], delay_ms: int = 0) -> dict[str, Any]:
    return {"headers": {"content-type": "application/json"}, "body": [json.dumps(value)], "delay_ms": delay_ms}


def chat(usage: dict[str, Any] | None, model: str = MODEL, delay_ms: int = 0, **more: Any) -> dict[str, Any]:
    """Return a non-streaming chat completion."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}
    about = {"id": "c", "object": "chat.completion", "created": 1, "model": model}
    return _json_response({**about, "choices": [choice], "usage": usage, **more}, delay_ms)


def _chunk(**more: Any) -> str:
    about = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    return f"data: {json.dumps({**about, **more})}\n\n"


def _text(content: str) -> str:
    return _chunk(choices=[{"index": 0, "delta": {"content": content}, "finish_reason": None}])


def stream(
    texts: int, usage: dict[str, Any] | None = None, *, text: str = "word ", end: str = "clean", delay_ms: int = 0
) -> dict[str, Any]:
    """Return a streamed chat completion with a number of text chunks. It has no finish_reason unless `end` is `clean`."""
    body: list[Any] = [{"text": _text(text), "repeat": texts, "delay_ms": delay_ms}]
    if end == "clean":
        body.append(_chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]))
        if usage is not None:
            body.append(_chunk(choices=[], usage=usage))
        body.append("data: [DONE]\n\n")
    elif usage is not None:
        body.append(_chunk(choices=[], usage=usage))
    return {"body": body, "end": end}


def message(usage: dict[str, Any]) -> dict[str, Any]:
    """Return a non-streaming message."""
    about = {"id": "m", "type": "message", "role": "assistant", "model": MODEL, "stop_sequence": None}
    content = [{"type": "text", "text": "Hello."}]
    return _json_response({**about, "content": content, "stop_reason": "end_turn", "usage": usage})


def message_stream(texts: int, start: dict[str, Any], *, end: str = "clean") -> dict[str, Any]:
    """Return a streamed message with a number of text deltas."""
    about = {"id": "m", "type": "message", "role": "assistant", "model": MODEL, "content": [], "usage": start}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "word "}}
    events: list[Any] = [
        {"type": "message_start", "message": {**about, "stop_reason": None, "stop_sequence": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    ]
    body: list[Any] = [f"data: {json.dumps(event)}\n\n" for event in events]
    body.append({"text": f"data: {json.dumps(delta)}\n\n", "repeat": texts})
    if end == "clean":
        stop = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": texts}}
        body += [f"data: {json.dumps(event)}\n\n" for event in (stop, {"type": "message_stop"})]
    return {"body": body, "end": end}
