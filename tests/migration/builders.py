"""Replies of the test server, as the providers send them."""

from __future__ import annotations

import json
from typing import Any

Reply = dict[str, Any]

HEADERS = {"content-type": "application/json", "x-request-id": "req_1", "request-id": "req_1", "x-my-header": "yes"}


def json_reply(value: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"status": status, "headers": {**HEADERS, **named}, "body": [json.dumps(value)]}


def usage_of(prompt: int = 19, completion: int = 10) -> dict[str, Any]:
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


def chat(content: str | None, *, reason: str = "stop", more: dict[str, Any] | None = None, **message: Any) -> Reply:
    said = {"role": "assistant", "content": content, "refusal": None, "annotations": [], **message}
    choice = {"index": 0, "message": said, "logprobs": None, "finish_reason": reason}
    about = {"id": "chatcmpl-B9MBs8", "object": "chat.completion", "created": 1741569952, "model": "gpt-4o-2024-08-06"}
    end = {"usage": usage_of(), "service_tier": "default", "system_fingerprint": "fp_1"}
    return json_reply({**about, "choices": [choice], **end, **(more or {})})


def tool_call(call: str, name: str, **arguments: Any) -> dict[str, Any]:
    return {"id": call, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


def chunks(*deltas: dict[str, Any], reason: str = "stop", usage: bool = True) -> Reply:
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
        lines.append({**about, "choices": [], "usage": usage_of()})
    padded = [{**line, "obfuscation": "x" * (number * 5 % 7)} for number, line in enumerate(lines)]
    return {
        "headers": {"x-request-id": "req_1"},
        "body": [*(f"data: {json.dumps(line)}\n\n" for line in padded), "data: [DONE]\n\n"],
    }


def texts_of(*texts: str) -> list[dict[str, Any]]:
    return [{"content": text} for text in texts]


def openai_error(status: int, code: str | None, kind: str, param: str | None = None, **headers: str) -> Reply:
    return json_reply(
        {"error": {"message": f"It failed: {code}", "type": kind, "param": param, "code": code}}, status, **headers
    )


def message_of(*blocks: dict[str, Any], reason: str = "end_turn", **more: Any) -> Reply:
    about = {"id": "msg_013Zva", "type": "message", "role": "assistant", "model": "claude-opus-4-6"}
    usage = {"input_tokens": 2095, "output_tokens": 503, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 7}
    end = {"stop_reason": reason, "stop_sequence": None, "usage": usage}
    return json_reply({**about, "content": list(blocks), **end, **more})


def text_of(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def events_of(*blocks: tuple[dict[str, Any], list[dict[str, Any]]], reason: str = "end_turn") -> Reply:
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


def text_block(*texts: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return text_of(""), [{"type": "text_delta", "text": text} for text in texts]


THOUGHT = (
    {"type": "thinking", "thinking": "", "signature": ""},
    [
        {"type": "thinking_delta", "thinking": "Let me "},
        {"type": "thinking_delta", "thinking": "think."},
        {"type": "signature_delta", "signature": "EqQBCgIYAhIM"},
    ],
)


def anthropic_error(status: int, kind: str, **headers: str) -> Reply:
    return json_reply(
        {"type": "error", "error": {"type": kind, "message": f"It failed: {kind}"}, "request_id": "req_1"},
        status,
        **headers,
    )


def page_of(ids: list[str], *, more: bool) -> Reply:
    data = [
        {"type": "model", "id": model, "display_name": model.title(), "created_at": "2025-02-19T00:00:00Z"}
        for model in ids
    ]
    return json_reply({"data": data, "has_more": more, "first_id": ids[0], "last_id": ids[-1]})


MODELS = json_reply(
    {
        "object": "list",
        "data": [
            {"id": "gpt-4o", "object": "model", "created": 1686935002, "owned_by": "openai"},
            {"id": "gpt-4o-mini", "object": "model", "created": 1686935003, "owned_by": "system"},
        ],
    }
)
MATH = {"steps": [{"explanation": "Subtract 31", "output": "8x = -29"}], "final_answer": "x = -3.625"}
TOKENS = [
    {
        "token": "Red",
        "logprob": -0.5,
        "bytes": [82, 101, 100],
        "top_logprobs": [{"token": "Red", "logprob": -0.5, "bytes": None}],
    }
]
PAGES = [page_of(["claude-a", "claude-b"], more=True), page_of(["claude-c"], more=False)]
USE = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"location": "SF", "units": {"t": "C"}}}


def winners() -> Reply:
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", "content": name, "refusal": None},
            "logprobs": {"content": TOKENS, "refusal": None},
            "finish_reason": "stop",
        }
        for index, name in enumerate(("Red", "Blue"))
    ]
    return chat("", more={"choices": choices})


def two_choices() -> Reply:
    """Return a stream of two choices."""
    parts = [(0, "a", None), (1, "b", None), (0, "c", None), (0, None, "stop"), (1, "d", None), (1, None, "length")]
    about = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1741569952, "model": "gpt-4o"}
    lines = [
        {
            **about,
            "choices": [{"index": index, "delta": {"content": text} if text else {}, "finish_reason": reason}],
        }
        for index, text, reason in parts
    ]
    return {"body": [*(f"data: {json.dumps(line)}\n\n" for line in lines), "data: [DONE]\n\n"]}


#: The deltas of a tool call of chat completions.
CALL_DELTAS: list[dict[str, Any]] = [
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
]
#: A block with a tool call of messages, as it streams.
CALL: tuple[dict[str, Any], list[dict[str, Any]]] = (
    {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}},
    [{"type": "input_json_delta", "partial_json": part} for part in ("", '{"location":', ' "Paris"}')],
)
#: A tool call of messages.
WEATHER = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"location": "SF"}}
#: The result of a web search by the server.
SEARCH_RESULT: dict[str, Any] = {
    "type": "web_search_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": [
        {
            "type": "web_search_result",
            "url": "https://a.example",
            "title": "Weather",
            "encrypted_content": "E",
            "page_age": None,
        }
    ],
}
#: An answer of a type.
ORDER = '{"product_name": "Green tea", "price": 5.5, "quantity": 2}'
