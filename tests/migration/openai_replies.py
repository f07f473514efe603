"""The replies to the scripts for openai's client, one for each request."""

from __future__ import annotations

import json

from builders import (
    CALL_DELTAS,
    MATH,
    MODELS,
    Reply,
    chat,
    chunks,
    json_reply,
    openai_error,
    texts_of,
    tool_call,
    two_choices,
    usage_of,
    winners,
)

OPENAI: dict[str, list[Reply]] = {
    "openai/chat/simple": [chat("Arr, use isinstance(), matey! 🏴‍☠️")],
    "openai/streams/stream": [
        chunks(*texts_of("This", " is", " a", " test", ".")),
        chunks(*texts_of("Again", "!"), usage=False),
    ],
    "openai/chat/concurrent": [chat("Two")] * 3 + [chunks(*texts_of("This ", "is ", "it"), usage=False), chat("Hi")],
    "openai/functions/tools": [
        chat(
            None,
            reason="tool_calls",
            tool_calls=[
                tool_call("call_1", "get_weather", location="Paris, France"),
                tool_call("call_2", "get_weather", location="Rome, Italy"),
            ],
        ),
        chat("It is 21 degrees in both."),
    ],
    "openai/functions/tool_deltas": [
        chunks(
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
    "openai/chat/parse": [chat(json.dumps(MATH)), chat(None, refusal="I can't help with that.")],
    "openai/streams/events": [
        chunks(
            *texts_of("Let me ", "look."),
            *CALL_DELTAS,
            reason="tool_calls",
        )
    ],
    "openai/chat/vision": [chat("A boardwalk.")],
    "openai/clients/errors": [
        openai_error(429, "rate_limit_exceeded", "requests", retry_after="7"),
        openai_error(401, "invalid_api_key", "invalid_request_error"),
        openai_error(400, "unknown_parameter", "invalid_request_error", "messages"),
        openai_error(503, None, "server_error"),
    ],
    "openai/clients/models": [MODELS],
    "openai/clients/raw": [chat("This is a test")],
    "openai/clients/retries": [
        openai_error(503, None, "server_error", retry_after_ms="1"),
        openai_error(500, None, "server_error", retry_after_ms="1"),
        chat("Hello"),
        openai_error(500, None, "server_error"),
        {**chat("late"), "delay_ms": 5000},
    ],
    "openai/objects/results": [
        chat("Hello", more={"citations": ["https://a.example"]}),
        chat("Bye"),
    ],
    "openai/chat/json_mode": [chat('{"ok": true}'), winners()],
    "openai/chat/documented": [chat("Arr, use isinstance(), matey!")],
    "openai/chat/async_main": [chat("This is a test"), chunks(*texts_of("This is ", "a test"), usage=False)],
    "openai/chat/not_given": [chat("A"), chat("B")],
    "openai/chat/beta_parse": [
        chat(json.dumps({"is_violating": False, "category": None, "explanation_if_violating": None})),
        chat(
            json.dumps(
                {
                    "items": [{"is_violating": True, "category": "violence", "explanation_if_violating": "x"}],
                    "note": "n",
                }
            )
        ),
    ],
    "openai/chat/schema_by_hand": [chat('{"name": "Jane", "age": 54}')] * 2,
    "openai/chat/vision_file": [
        chat(None, audio={"id": "audio_1", "data": "QUJD", "expires_at": 1729018505, "transcript": "A logo."})
    ],
    "openai/chat/conversation_loop": [chat("4"), chat("8"), chat("Bye")],
    "openai/chat/logprobs": [winners()],
    "openai/chat/module_client": [chat("os.listdir()"), MODELS, chunks(*texts_of("a", "b"))],
    "openai/chat/reasoning": [chat("#!/bin/bash")],
    "openai/streams/usage": [chunks(*texts_of("1", ", 2"))],
    "openai/streams/delta_dump": [chunks(*texts_of("Hel", "lo"))],
    "openai/streams/helper_events": [
        chunks(*texts_of("Let me ", "look."), *CALL_DELTAS, reason="tool_calls"),
    ],
    "openai/streams/helper_parsed": [
        chunks(*texts_of('{"attributes":["quick",', '"brown"],"colors"', ':["brown"]}')),
    ],
    "openai/streams/async_helper": [chunks(*texts_of("Hel", "lo"))] * 2,
    "openai/streams/close_early": [chunks(*texts_of("Hel", "lo"))] * 2,
    "openai/streams/choices": [two_choices()],
    "openai/functions/pydantic_tool": [
        chat(
            None,
            reason="tool_calls",
            tool_calls=[
                tool_call(
                    "call_1",
                    "Query",
                    table_name="orders",
                    columns=["id", "status"],
                    conditions=[{"column": "status", "value": "fulfilled"}, {"column": "month", "value": 5}],
                )
            ],
        )
    ],
    "openai/functions/loop_with_dumps": [
        *(
            chat(None, reason="tool_calls", tool_calls=[tool_call(f"call_{number}", "add", a=number, b=3)])
            for number in range(6)
        ),
        chat("It is 8."),
    ],
    "openai/functions/typed": [
        chat(None, reason="tool_calls", tool_calls=[tool_call("call_1", "get_weather", location="Paris")])
    ],
    "openai/functions/stream_assembly": [
        chunks(
            *(
                {
                    "tool_calls": [
                        {
                            "index": index,
                            "id": f"call_{index}",
                            "type": "function",
                            "function": {"name": "get_weather", "arguments": ""},
                        }
                    ]
                }
                for index in range(2)
            ),
            *(
                {"tool_calls": [{"index": index, "function": {"arguments": part}}]}
                for part in ('{"city": ', '"Rome"}')
                for index in range(2)
            ),
            reason="tool_calls",
            usage=False,
        )
    ],
    "openai/functions/legacy_functions": [
        chat(
            None,
            reason="function_call",
            function_call={"name": "get_current_weather", "arguments": '{"location": "Boston"}'},
        ),
        chat("22 degrees."),
    ],
    "openai/functions/stream_tool_events": [chunks(*CALL_DELTAS, reason="tool_calls")],
    "openai/objects/dumps": [chat("Hello")],
    "openai/objects/absent": [
        json_reply(
            {
                "id": "c",
                "object": "chat.completion",
                "created": 1,
                "model": "m",
                "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
            }
        ),
        {
            "body": [
                'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"x"}}]}\n\n',
                'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
                "data: [DONE]\n\n",
            ]
        },
    ],
    "openai/objects/validate": [],
    "openai/clients/timeouts": [chat("a"), chat("b"), chat("c"), {**chat("late"), "delay_ms": 3000}],
    "openai/clients/error_attributes": [
        openai_error(429, "rate_limit_exceeded", "requests"),
        openai_error(400, "unknown_parameter", "invalid_request_error", "messages"),
        openai_error(404, "model_not_found", "invalid_request_error", "model"),
        openai_error(500, "server_error", "server_error"),
    ],
    "openai/clients/backoff": [openai_error(429, "rate_limit_exceeded", "requests")] * 2 + [chat("Once upon a time")],
    "openai/clients/raw_and_streaming": [
        *[chat("This is a test")] * 3,
        *[chunks(*texts_of("This is ", "a test"))] * 2,
        MODELS,
    ],
    "openai/clients/async_streaming": [
        *[chat("Hi")] * 3,
        openai_error(429, "rate_limit_exceeded", "requests", retry_after="7"),
        *[openai_error(500, "server_error", "server_error")] * 2,
    ],
    "openai/clients/options": [chat("a")] * 4,
    "openai/clients/keys": [chat("a"), chat("b"), chat("c")],
    "openai/clients/model_list": [
        MODELS,
        json_reply({"id": "gpt-4o", "object": "model", "created": 1686935002, "owned_by": "openai"}),
        openai_error(404, "model_not_found", "invalid_request_error", "model"),
        MODELS,
        MODELS,
    ],
    "openai/clients/http_client": [chat("a"), chunks(*texts_of("b", "c"))] * 2,
    "openai/clients/mocked": [chat("real")],
    "openai/clients/threads": [chat("Hi")] * 6,
    "openai/chat/provider_fields": [
        chat(
            "9.8",
            more={"provider": "DeepSeek", "usage": {**usage_of(), "cost": 0.5}},
            reasoning_content="Compare the digits.",
        ),
        chunks(
            *({"content": None, "reasoning_content": part} for part in ("Compare ", "them.")),
            *texts_of("9", ".8"),
            usage=False,
        ),
    ],
    "openai/functions/agent": [
        chat(
            None,
            reason="tool_calls",
            tool_calls=[tool_call("call_1", "execute_refund", item_name="boots", amount=3)],
        ),
        chat("Done."),
    ],
    "openai/clients/error_handling": [
        openai_error(401, "invalid_api_key", "invalid_request_error"),
        openai_error(404, "model_not_found", "invalid_request_error", "model"),
        openai_error(400, "invalid_value", "invalid_request_error", "temperature"),
    ],
    "openai/functions/parallel": [
        chat(
            None,
            reason="tool_calls",
            tool_calls=[
                tool_call("call_1", "get_weather", city="Paris"),
                tool_call("call_2", "get_weather", city="Rome"),
            ],
        ),
        chunks(*texts_of("21 ", "in both")),
    ],
}
