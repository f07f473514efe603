"""The replies to the scripts for the official JavaScript clients, one for each request."""

from __future__ import annotations

import json
from typing import Any

from builders import (
    CALL,
    CALL_DELTAS,
    MATH,
    MODELS,
    ORDER,
    THOUGHT,
    WEATHER,
    Reply,
    anthropic_error,
    chat,
    chunks,
    events_of,
    json_reply,
    message_of,
    openai_error,
    text_block,
    text_of,
    texts_of,
    tool_call,
    winners,
)

_TEXT = chunks(*texts_of("This", " is", " a", " test", "."))
_HELLO = chunks(*texts_of("Hel", "lo", " there", "!"))
_MATH = json.dumps(MATH)
_CALL = chunks(*CALL_DELTAS, reason="tool_calls")
_PIECES = [_MATH[start : start + 20] for start in range(0, len(_MATH), 20)]
_CITATION: dict[str, Any] = {
    "type": "char_location",
    "cited_text": "The grass is green.",
    "document_index": 0,
    "document_title": "Colours",
    "start_char_index": 0,
    "end_char_index": 19,
}


def _calls(*calls: dict[str, Any]) -> Reply:
    return chat(None, reason="tool_calls", tool_calls=list(calls))


OPENAI: dict[str, list[Reply]] = {
    "simple": [chat("Mostly, matey.")],
    "stream": [_TEXT],
    "demo": [_TEXT],
    "content": [_HELLO],
    "done": [_HELLO],
    "emitted": [_HELLO],
    "stream_error": [openai_error(401, "invalid_api_key", "invalid_request_error")],
    "abort": [_HELLO],
    "logprobs": [winners()],
    "function_call_stream": [_CALL],
    "tool_stream_events": [_CALL],
    "run_tools": [
        _calls(tool_call("call_1", "list", genre="historical")),
        _calls(tool_call("call_2", "get", id="a1")),
        chat("To Kill a Mockingbird."),
    ],
    "run_tools_stream": [_CALL, _TEXT],
    "zod_tools": [
        _calls(tool_call("call_1", "list", genre="mystery"), tool_call("call_2", "get", id="b2")),
        chat("Two books."),
    ],
    "parse": [chat(_MATH)],
    "beta_parse": [chat(_MATH)],
    "parse_stream": [chunks(*texts_of(*_PIECES))],
    "parse_tools": [_calls(tool_call("call_1", "get_weather", city="Paris"))],
    "parse_plain": [chat("Hello!")],
    "errors": [openai_error(404, "model_not_found", "invalid_request_error", "model")],
    "retries": [openai_error(503, None, "server_error", retry_after_ms="10"), chat("Hi")],
    "raw_response": [chat("This is a test"), chat("This is a test")],
    "models": [MODELS, MODELS],
    "readable_stream": [_TEXT],
    "request_id": [chat("Hi")],
    "tee": [_TEXT],
    "cancel": [_TEXT],
    "iterate_helper": [_HELLO],
}
_ANSWER = message_of(text_of("It is sunny."))
_USE = message_of(text_of("Let me look."), WEATHER, reason="tool_use")
_STREAM = events_of(text_block("Hel", "lo", "!"))
ANTHROPIC: dict[str, list[Reply]] = {
    "demo": [message_of(text_of("Hello!"))],
    "raw_streaming": [_STREAM],
    "streaming": [_STREAM],
    "thinking_stream": [events_of(THOUGHT, text_block("Fog ", "drifts"))],
    "tools_stream": [events_of(CALL, reason="tool_use")],
    "citations": [
        events_of(
            (
                {"type": "text", "text": "", "citations": []},
                [
                    {"type": "citations_delta", "citation": _CITATION},
                    {"type": "text_delta", "text": "Green."},
                ],
            )
        )
    ],
    "tools": [_USE, _ANSWER],
    "tool_runner": [_USE, _ANSWER],
    "tool_runner_loop": [_USE, _ANSWER],
    "tool_runner_stream": [events_of(CALL, reason="tool_use"), _STREAM],
    "structured": [message_of(text_of(ORDER))],
    "structured_json_schema": [message_of(text_of(ORDER))],
    "structured_stream": [events_of(text_block(ORDER[:10], ORDER[10:]))],
    "structured_create": [message_of(text_of(ORDER))],
    "parse_plain": [message_of(text_of("Hello!"))],
    "request_id": [message_of(text_of("Hi"))],
    "count_tokens": [json_reply({"input_tokens": 10})],
    "errors": [anthropic_error(404, "not_found_error")],
    "stream_error": [anthropic_error(400, "invalid_request_error")],
    "raw_response": [message_of(text_of("Hello!")), _STREAM],
    "current_message": [_STREAM],
    "beta_messages": [message_of(text_of("Hello!")), _STREAM],
}
JAVASCRIPT: dict[str, list[Reply]] = {
    f"javascript/{folder}/{name}": replies
    for folder, scripts in (("openai", OPENAI), ("anthropic", ANTHROPIC))
    for name, replies in scripts.items()
}
