"""The replies to the scripts for anthropic's client, one for each request."""

from __future__ import annotations

from builders import (
    CALL,
    ORDER,
    PAGES,
    SEARCH_RESULT,
    THOUGHT,
    USE,
    WEATHER,
    Reply,
    anthropic_error,
    events_of,
    json_reply,
    message_of,
    text_block,
    text_of,
)

ANTHROPIC: dict[str, list[Reply]] = {
    "anthropic/chat/simple": [message_of(text_of("Hi! My name is Claude."))],
    "anthropic/chat/conversation": [message_of(text_of("4")), message_of(text_of("8"))],
    "anthropic/streams/text_stream": [events_of(text_block("Hello", " there", "!"))],
    "anthropic/streams/events": [
        events_of(
            THOUGHT,
            text_block("I'll ", "look."),
            CALL,
            reason="tool_use",
        )
    ],
    "anthropic/streams/raw_events": [events_of(THOUGHT, text_block("Hello", "!"))],
    "anthropic/functions/tools": [
        message_of(text_of("I'll look."), USE, reason="tool_use"),
        message_of(text_of("It is 20 degrees in SF.")),
    ],
    "anthropic/chat/count_tokens": [json_reply({"input_tokens": 14})],
    "anthropic/chat/thinking": [
        message_of(
            {"type": "thinking", "thinking": "Five, seven, five.", "signature": "WaUjzkyp"},
            {"type": "redacted_thinking", "data": "EmwKAhgB"},
            text_of("Careful minds at work"),
        ),
        events_of(THOUGHT, text_block("Careful ", "minds")),
    ],
    "anthropic/chat/vision": [message_of(text_of("A chart."))],
    "anthropic/clients/errors": [
        anthropic_error(429, "rate_limit_error", retry_after="12"),
        anthropic_error(404, "not_found_error"),
        anthropic_error(529, "overloaded_error"),
        anthropic_error(413, "request_too_large"),
    ],
    "anthropic/chat/parse": [message_of(text_of('{"product_name": "Green tea", "price": 5.5, "quantity": 2}'))],
    "anthropic/clients/models": [*PAGES, *PAGES, *PAGES],
    "anthropic/objects/results": [
        message_of(
            {"type": "thinking", "thinking": "Hm.", "signature": "s"}, text_of("Hi!"), USE, service_tier="standard"
        )
    ],
    "anthropic/chat/async_main": [message_of(text_of("Hello!"))],
    "anthropic/chat/caching": [message_of(text_of("A book."))],
    "anthropic/chat/documents": [message_of(text_of("A logo."))],
    "anthropic/chat/citations": [
        message_of(
            text_of("According to the document, "),
            {
                "type": "text",
                "text": "the grass is green",
                "citations": [
                    {
                        "type": "char_location",
                        "cited_text": "The grass is green.",
                        "document_index": 0,
                        "document_title": "A",
                        "start_char_index": 0,
                        "end_char_index": 20,
                    }
                ],
            },
        )
    ],
    "anthropic/chat/chat_history": [
        message_of(text_of("Hello!")),
        message_of(text_of("Well.")),
        message_of(text_of('"a": 1'), reason="stop_sequence", stop_sequence="}"),
    ],
    "anthropic/chat/fields": [message_of(text_of("Hi!"), text_of("There."))],
    "anthropic/chat/beta_messages": [
        message_of(text_of("Hi!")),
        json_reply({"input_tokens": 14}),
        events_of(text_block("Hel", "lo")),
        PAGES[0],
    ],
    "anthropic/chat/structured": [
        message_of(text_of(ORDER)),
        events_of(text_block(ORDER[:20], ORDER[20:])),
        message_of(text_of('{"product_name": "Tea"}')),
    ],
    "anthropic/streams/snapshots": [events_of(THOUGHT, text_block("I'll ", "look."), CALL, reason="tool_use")],
    "anthropic/streams/raw": [events_of(text_block("Hel", "lo"))] * 2,
    "anthropic/streams/async_helpers": [events_of(text_block("Hel", "lo"))] * 3,
    "anthropic/streams/fine_grained": [events_of(CALL, reason="tool_use")],
    "anthropic/functions/runner": [
        message_of(text_of("I'll look."), WEATHER, reason="tool_use"),
        message_of(text_of("It is 20 degrees in SF.")),
    ]
    * 2,
    "anthropic/functions/runner_by_hand": [
        message_of(WEATHER, {**WEATHER, "id": "toolu_2", "input": {"location": "Atlantis"}}, reason="tool_use"),
        message_of({**WEATHER, "id": "toolu_3"}, reason="tool_use"),
        message_of(WEATHER, reason="tool_use"),
    ],
    "anthropic/functions/async_runner": [
        message_of(WEATHER, reason="tool_use"),
        message_of(text_of("It is 20 degrees in SF.")),
        events_of(text_block("I'll look."), CALL, reason="tool_use"),
        events_of(text_block("20 ", "degrees.")),
    ],
    "anthropic/functions/typed": [message_of(WEATHER, reason="tool_use"), message_of(text_of("73f"))],
    "anthropic/functions/dumped": [message_of(WEATHER, reason="tool_use")] * 2 + [message_of(text_of("20"))],
    "anthropic/functions/server_tools": [
        message_of(
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "weather NYC"}},
            SEARCH_RESULT,
            text_of("Sunny."),
            usage={"input_tokens": 5, "output_tokens": 2, "server_tool_use": {"web_search_requests": 1}},
        )
    ],
    "anthropic/objects/validate": [],
    "anthropic/clients/attributes": [
        anthropic_error(401, "authentication_error"),
        anthropic_error(403, "permission_error"),
        anthropic_error(400, "invalid_request_error"),
        anthropic_error(500, "api_error"),
    ],
    "anthropic/clients/raw_and_streaming": [message_of(text_of("Hi!"))] * 3 + [events_of(text_block("Hel", "lo"))],
    "anthropic/clients/options": [message_of(text_of("Hi!"))] * 3,
    "anthropic/clients/pages": [
        *PAGES,
        *PAGES,
        json_reply(
            {"type": "model", "id": "claude-a", "display_name": "Claude-A", "created_at": "2025-02-19T00:00:00Z"}
        ),
        *PAGES,
    ],
    "anthropic/chat/beta_params": [message_of(text_of("Hi!"))],
    "anthropic/streams/event_classes": [events_of(text_block("Hel", "lo"), CALL, reason="tool_use")],
    "anthropic/streams/match": [events_of(THOUGHT, text_block("Hel", "lo"))],
    "anthropic/functions/customer_service": [
        message_of(
            text_of("I'll look."),
            {"type": "tool_use", "id": "toolu_1", "name": "get_customer_info", "input": {"customer_id": "C1"}},
            reason="tool_use",
        ),
        message_of(
            {"type": "tool_use", "id": "toolu_2", "name": "cancel_order", "input": {"order_id": "O1"}},
            reason="tool_use",
        ),
        message_of(text_of("It is cancelled.")),
    ],
    "anthropic/clients/unreachable": [{**message_of(text_of("late")), "delay_ms": 3000}],
    "anthropic/functions/search_tool": [
        message_of(
            {"type": "tool_use", "id": "toolu_1", "name": "search_available_tools", "input": {"keyword": "weather"}},
            reason="tool_use",
        ),
        message_of(text_of("Found.")),
    ],
    "anthropic/streams/web_search": [
        events_of(
            (SEARCH_RESULT, []),
            text_block("Sun", "ny."),
        )
    ],
}
