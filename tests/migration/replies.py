"""The server's answers to each script, one for each request, as the providers send them. Only data."""

from __future__ import annotations

import json
from typing import Any

Reply = dict[str, Any]

_HEADERS = {"content-type": "application/json", "x-request-id": "req_1", "request-id": "req_1", "x-my-header": "yes"}


def _json(value: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"status": status, "headers": {**_HEADERS, **named}, "body": [json.dumps(value)]}


def _usage(prompt: int = 19, completion: int = 10) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 3,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _chat(content: str | None, *, reason: str = "stop", more: dict[str, Any] | None = None, **message: Any) -> Reply:
    said = {"role": "assistant", "content": content, "refusal": None, "annotations": [], **message}
    choice = {"index": 0, "message": said, "logprobs": None, "finish_reason": reason}
    about = {"id": "chatcmpl-B9MBs8", "object": "chat.completion", "created": 1741569952, "model": "gpt-4o-2024-08-06"}
    end = {"usage": _usage(), "service_tier": "default", "system_fingerprint": "fp_1"}
    return _json({**about, "choices": [choice], **end, **(more or {})})


def _call(call: str, name: str, **arguments: Any) -> dict[str, Any]:
    return {"id": call, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


def _chunks(*deltas: dict[str, Any], reason: str = "stop", usage: bool = True) -> Reply:
    about = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1741569952, "model": "gpt-4o"}
    about |= {"service_tier": "default", "system_fingerprint": "fp_1"}
    end = {"usage": None} if usage else {}
    first = {"role": "assistant", "content": "", "refusal": None}
    pairs = [(delta, None) for delta in (first, *deltas)] + [({}, reason)]
    lines = [
        {**about, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": why}], **end}
        for delta, why in pairs
    ]
    if usage:
        lines.append({**about, "choices": [], "usage": _usage()})
    padded = [{**line, "obfuscation": "x" * (number * 5 % 7)} for number, line in enumerate(lines)]
    return {
        "headers": {"x-request-id": "req_1"},
        "body": [*(f"data: {json.dumps(line)}\n\n" for line in padded), "data: [DONE]\n\n"],
    }


def _texts(*texts: str) -> list[dict[str, Any]]:
    return [{"content": text} for text in texts]


def _error(status: int, code: str | None, kind: str, param: str | None = None, **headers: str) -> Reply:
    return _json(
        {"error": {"message": f"It failed: {code}", "type": kind, "param": param, "code": code}}, status, **headers
    )


def _message(*blocks: dict[str, Any], reason: str = "end_turn", **more: Any) -> Reply:
    about = {"id": "msg_013Zva", "type": "message", "role": "assistant", "model": "claude-opus-4-6"}
    usage = {"input_tokens": 2095, "output_tokens": 503, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 7}
    return _json(
        {**about, "content": list(blocks), "stop_reason": reason, "stop_sequence": None, "usage": usage, **more}
    )


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _events(*blocks: tuple[dict[str, Any], list[dict[str, Any]]], reason: str = "end_turn") -> Reply:
    """Return a streamed message from the start and the deltas of each block."""
    usage = {"input_tokens": 25, "output_tokens": 1}
    message = {"id": "msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY", "type": "message", "role": "assistant", "content": []}
    message |= {"model": "claude-opus-4-6", "stop_reason": None, "stop_sequence": None, "usage": usage}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": message}]
    for index, (start, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
        if index == 0:
            events.append({"type": "ping"})
    delta = {"stop_reason": reason, "stop_sequence": None}
    events += [{"type": "message_delta", "delta": delta, "usage": {"output_tokens": 15}}, {"type": "message_stop"}]
    return {
        "headers": {"request-id": "req_1"},
        "body": [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events],
    }


def _text_block(*texts: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return _text(""), [{"type": "text_delta", "text": text} for text in texts]


_THOUGHT = (
    {"type": "thinking", "thinking": "", "signature": ""},
    [
        {"type": "thinking_delta", "thinking": "Let me "},
        {"type": "thinking_delta", "thinking": "think."},
        {"type": "signature_delta", "signature": "EqQBCgIYAhIM"},
    ],
)


def _anthropic_error(status: int, kind: str, **headers: str) -> Reply:
    return _json(
        {"type": "error", "error": {"type": kind, "message": f"It failed: {kind}"}, "request_id": "req_1"},
        status,
        **headers,
    )


def _page(ids: list[str], *, more: bool) -> Reply:
    data = [
        {"type": "model", "id": model, "display_name": model.title(), "created_at": "2025-02-19T00:00:00Z"}
        for model in ids
    ]
    return _json({"data": data, "has_more": more, "first_id": ids[0], "last_id": ids[-1]})


_MODELS = _json(
    {
        "object": "list",
        "data": [
            {"id": "gpt-4o", "object": "model", "created": 1686935002, "owned_by": "openai"},
            {"id": "gpt-4o-mini", "object": "model", "created": 1686935003, "owned_by": "system"},
        ],
    }
)
_MATH = {"steps": [{"explanation": "Subtract 31", "output": "8x = -29"}], "final_answer": "x = -3.625"}
_TOKENS = [
    {
        "token": "Red",
        "logprob": -0.5,
        "bytes": [82, 101, 100],
        "top_logprobs": [{"token": "Red", "logprob": -0.5, "bytes": None}],
    }
]
_PAGES = [_page(["claude-a", "claude-b"], more=True), _page(["claude-c"], more=False)]
_USE = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"location": "SF", "units": {"t": "C"}}}


def _winners() -> Reply:
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", "content": name, "refusal": None},
            "logprobs": {"content": _TOKENS, "refusal": None},
            "finish_reason": "stop",
        }
        for index, name in enumerate(("Red", "Blue"))
    ]
    return _chat("", more={"choices": choices})


#: The answers to each script.
REPLIES: dict[str, list[Reply]] = {
    "openai/simple": [_chat("Arr, use isinstance(), matey! 🏴‍☠️")],
    "openai/stream": [_chunks(*_texts("This", " is", " a", " test", ".")), _chunks(*_texts("Again", "!"), usage=False)],
    "openai/concurrent": [_chat("Two")] * 3 + [_chunks(*_texts("This ", "is ", "it"), usage=False), _chat("Hi")],
    "openai/tools": [
        _chat(
            None,
            reason="tool_calls",
            tool_calls=[
                _call("call_1", "get_weather", location="Paris, France"),
                _call("call_2", "get_weather", location="Rome, Italy"),
            ],
        ),
        _chat("It is 21 degrees in both."),
    ],
    "openai/tool_deltas": [
        _chunks(
            {
                "tool_calls": [
                    {
                        "index": 0,
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "get_weather", "arguments": ""},
                    }
                ]
            },
            *(
                {"tool_calls": [{"index": 0, "function": {"arguments": part}}]}
                for part in ('{"loc', 'ation": "', 'Paris"}')
            ),
            reason="tool_calls",
            usage=False,
        )
    ],
    "openai/parse": [_chat(json.dumps(_MATH)), _chat(None, refusal="I can't help with that.")],
    "openai/events": [
        _chunks(
            *_texts("Let me ", "look."),
            {
                "tool_calls": [
                    {
                        "index": 0,
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "get_weather", "arguments": ""},
                    }
                ]
            },
            *({"tool_calls": [{"index": 0, "function": {"arguments": part}}]} for part in ('{"city": ', '"Paris"}')),
            reason="tool_calls",
        )
    ],
    "openai/vision": [_chat("A boardwalk.")],
    "openai/errors": [
        _error(429, "rate_limit_exceeded", "requests", retry_after="7"),
        _error(401, "invalid_api_key", "invalid_request_error"),
        _error(400, "unknown_parameter", "invalid_request_error", "messages"),
        _error(503, None, "server_error"),
    ],
    "openai/models": [_MODELS],
    "openai/raw": [_chat("This is a test")],
    "openai/retries": [
        _error(503, None, "server_error", retry_after_ms="1"),
        _error(500, None, "server_error", retry_after_ms="1"),
        _chat("Hello"),
        _error(500, None, "server_error"),
        {**_chat("late"), "delay_ms": 5000},
    ],
    "openai/results": [
        _chat("Hello", more={"citations": ["https://a.example"]}),
        _chat("Bye"),
    ],
    "openai/json_mode": [_chat('{"ok": true}'), _winners()],
    "anthropic/simple": [_message(_text("Hi! My name is Claude."))],
    "anthropic/conversation": [_message(_text("4")), _message(_text("8"))],
    "anthropic/text_stream": [_events(_text_block("Hello", " there", "!"))],
    "anthropic/events": [
        _events(
            _THOUGHT,
            _text_block("I'll ", "look."),
            (
                {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}},
                [{"type": "input_json_delta", "partial_json": part} for part in ("", '{"location":', ' "Paris"}')],
            ),
            reason="tool_use",
        )
    ],
    "anthropic/raw_events": [_events(_THOUGHT, _text_block("Hello", "!"))],
    "anthropic/tools": [
        _message(_text("I'll look."), _USE, reason="tool_use"),
        _message(_text("It is 20 degrees in SF.")),
    ],
    "anthropic/count_tokens": [_json({"input_tokens": 14})],
    "anthropic/thinking": [
        _message(
            {"type": "thinking", "thinking": "Five, seven, five.", "signature": "WaUjzkyp"},
            {"type": "redacted_thinking", "data": "EmwKAhgB"},
            _text("Careful minds at work"),
        ),
        _events(_THOUGHT, _text_block("Careful ", "minds")),
    ],
    "anthropic/vision": [_message(_text("A chart."))],
    "anthropic/errors": [
        _anthropic_error(429, "rate_limit_error", retry_after="12"),
        _anthropic_error(404, "not_found_error"),
        _anthropic_error(529, "overloaded_error"),
        _anthropic_error(413, "request_too_large"),
    ],
    "anthropic/parse": [_message(_text('{"product_name": "Green tea", "price": 5.5, "quantity": 2}'))],
    "anthropic/models": [*_PAGES, *_PAGES, *_PAGES],
    "anthropic/results": [
        _message({"type": "thinking", "thinking": "Hm.", "signature": "s"}, _text("Hi!"), _USE, service_tier="standard")
    ],
}


def _cut(reply: Reply, frames: int) -> Reply:
    return {**reply, "body": reply["body"][:frames]}


def _spoiled(reply: Reply, place: int, frame: str) -> Reply:
    return {**reply, "body": [*reply["body"][:place], frame, *reply["body"][place:]]}


_HELLO = _chunks(*_texts("Hel", "lo"), usage=False)
_HELLO_MESSAGE = _events(_text_block("Hel", "lo"))
_FROM_ONE = [
    {"tool_calls": [{"index": 1, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": part}}]}
    for part in ('{"a"', ": 1}")
]
_WITH_USAGE = _chunks(*_texts("Hi"))

#: The answers that the official clients misread, and the output of this package.
BETTER: dict[str, tuple[Reply, str]] = {
    "better/truncated": (_cut(_HELLO, 2), "\nHel\nIncompleteStreamError\n"),
    "better/truncated_message": (_cut(_HELLO_MESSAGE, 3), "IncompleteStreamError Hel\n"),
    "better/empty_data": (_spoiled(_HELLO, 1, "data:\n\n"), "Hello\n"),
    "better/no_event_lines": (
        {**_HELLO_MESSAGE, "body": [frame.split("\n", 1)[1] for frame in _HELLO_MESSAGE["body"]]},
        "Hello\n",
    ),
    "better/tool_index": (
        _chunks(*_FROM_ONE, reason="tool_calls", usage=False),
        "[('call_1', 'f', '{\"a\": 1}')]\n",
    ),
    "better/usage_null": (
        _spoiled(_WITH_USAGE, -1, _WITH_USAGE["body"][1]),
        "29\n",
    ),
    "better/reasoning": (_chat("Hello", reasoning_content="A greeting."), "A greeting. Hello\n"),
}
