"""Type assertions for mypy --strict and pyright in strict mode. This module is never executed.

It contains typical programs without casts. `assert_type` states the expected types, and an unnecessary `type: ignore` comment is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from typing_extensions import assert_type

import trilogue
from trilogue import (
    AsyncClient,
    AsyncStream,
    Client,
    HookRequest,
    HookResponse,
    ParsedChatCompletion,
    ParsedMessage,
    RawResponse,
    Stream,
    tool,
)
from trilogue.types import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessageParam,
    ChatCompletionToolUnionParam,
    ChatMessage,
    ChatOptions,
    ContentBlock,
    Message,
    MessageEvent,
    MessageParam,
    ModelInfo,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolParam,
    ToolUseBlock,
)

MODEL = "m"


@dataclass
class City:
    """A dataclass."""

    name: str


class Recipe(BaseModel):
    """A pydantic model."""

    dish: str


def streams_and_answers(client: Client, flag: bool) -> None:  # noqa: FBT001
    ask: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hi"}]
    assert_type(client.chat.completions.create(model=MODEL, messages=ask), ChatCompletion)
    assert_type(client.chat.completions.create(model=MODEL, messages=ask, stream=False), ChatCompletion)
    assert_type(client.chat.completions.create(model=MODEL, messages=ask, stream=None), ChatCompletion)
    stream = client.chat.completions.create(model=MODEL, messages=ask, stream=True)
    assert_type(stream, Stream[ChatCompletionChunk, ChatCompletion])
    either = client.chat.completions.create(model=MODEL, messages=ask, stream=flag)
    assert_type(either, ChatCompletion | Stream[ChatCompletionChunk, ChatCompletion])
    for chunk in stream:
        assert_type(chunk, ChatCompletionChunk)
        assert_type(chunk.choices[0].delta.content, str | None)
        assert_type(chunk.text, str)
    assert_type(stream.get_final_completion(), ChatCompletion)
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=ask)
    assert_type(raw, RawResponse[ChatCompletion])
    assert_type(raw.parse().choices[0].message.content, str | None)
    assert_type(raw.headers.get("x-request-id"), str | None)


async def awaited(client: AsyncClient) -> None:
    ask: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hi"}]
    assert_type(await client.chat.completions.create(model=MODEL, messages=ask), ChatCompletion)
    stream = await client.chat.completions.create(model=MODEL, messages=ask, stream=True)
    assert_type(stream, AsyncStream[ChatCompletionChunk, ChatCompletion])
    async for chunk in stream:
        assert_type(chunk, ChatCompletionChunk)
    async with client.messages.stream(model=MODEL, max_tokens=9, messages=[]) as events:
        async for text in events.text_stream:
            assert_type(text, str)
        assert_type(await events.get_final_message(), Message)
    async with client.chat.completions.stream(model=MODEL, messages=ask) as chat_events:
        async for event in chat_events:
            if event.type == "content.delta":
                assert_type(event.delta, str)
    raw = await client.messages.with_raw_response.create(model=MODEL, max_tokens=9, messages=[])
    assert_type(raw, RawResponse[Message])
    async for model in client.models.list():
        assert_type(model, ModelInfo)
    page = await client.models.list(limit=2)
    assert_type(page, trilogue.AsyncPage)


def messages_are_plain_dicts(client: Client) -> None:
    client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": "https://x.test/a.png", "detail": "low"}},
                ],
            },
        ],
        tools=[
            {
                "type": "function",
                "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}},
            }
        ],
        tool_choice={"type": "function", "function": {"name": "get_weather"}},
        response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": {}, "strict": True}},
        stream_options={"include_usage": True},
        reasoning_effort="low",
        stop=["\n"],
        extra_headers={"x-trace": "1"},
        extra_body={"top_a": 0.5},
        timeout=5,
    )
    # A variable instead of a literal, whose type is inferred as a plain dict.
    inferred = [{"role": "user", "content": "Hi"}]
    client.chat.completions.create(model=MODEL, messages=inferred)
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": parts}])
    tools: list[ChatCompletionToolUnionParam] = [{"type": "function", "function": {"name": "f"}}]
    client.chat.completions.create(model=MODEL, messages=inferred, tools=tools, tool_choice="required")


def results_go_back(client: Client) -> None:
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hi"}]
    message = client.chat.completions.create(model=MODEL, messages=messages).choices[0].message
    assert_type(message, ChatMessage)
    messages.append(message)
    messages.append({"role": message.role, "content": message.content})
    for call in message.tool_calls or []:
        assert_type(call, ToolCall)
        assert_type(call.function.arguments, str)
        messages.append({"role": "tool", "tool_call_id": call.id, "content": call.function.name})
    messages.append({"role": "assistant", "tool_calls": message.tool_calls or []})
    client.chat.completions.create(model=MODEL, messages=messages)


def what_is_wrong_is_found(client: Client) -> None:
    bad: list[ChatCompletionMessageParam] = [
        {"role": "usr", "content": "Hi"}  # type: ignore[list-item]  # pyright: ignore[reportAssignmentType]
    ]
    client.chat.completions.create(
        model=MODEL,
        messages=bad,
        reasoning_effort="much",  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    )
    completion = client.chat.completions.create(model=MODEL, messages=[])
    completion.choices[0].mesage  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018


def options_for_a_wrapper(client: Client, options: ChatOptions) -> ChatCompletion:
    return client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hi"}], **options)


def parsed(client: Client, schema: Mapping[str, Any]) -> None:
    ask: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hi"}]
    answer = client.chat.completions.parse(model=MODEL, messages=ask, response_format=Recipe)
    assert_type(answer, ParsedChatCompletion[Recipe])
    assert_type(answer.choices[0].message.parsed, Recipe | None)
    city = client.messages.parse(model=MODEL, max_tokens=9, messages=[], output_format=City)
    assert_type(city, ParsedMessage[City])
    assert_type(city.parsed_output, City | None)
    untyped = client.chat.completions.parse(model=MODEL, messages=ask, response_format=schema)
    assert_type(untyped, ParsedChatCompletion[Any])
    with client.chat.completions.stream(model=MODEL, messages=ask, response_format=Recipe) as stream:
        for event in stream:
            if event.type == "content.delta":
                assert_type(event.delta, str)
        assert_type(stream.get_final_completion().parsed, Recipe | None)


def events_narrow(client: Client) -> None:
    with client.chat.completions.stream(model=MODEL, messages=[{"role": "user", "content": "Hi"}]) as stream:
        for event in stream:
            assert_type(event.text_delta, str)
            if event.type == "content.delta":
                assert_type(event.delta, str)
            elif event.type == "chunk":
                assert_type(event.chunk, ChatCompletionChunk)
            elif event.type == "tool_calls.function.arguments.done":
                assert_type(event.arguments, str)
                assert_type(event.name, str)
    with client.messages.stream(model=MODEL, max_tokens=9, messages=[]) as message_events:
        for part in message_events:
            if part.type == "text":
                assert_type(part.text, str)
            elif part.type == "content_block_stop":
                assert_type(part.content_block, ContentBlock)
            elif part.type == "message_stop":
                assert_type(part.message, Message)
    chunks = client.chat.completions.create(model=MODEL, messages=[], stream=True)
    for normal in chunks.events:
        if normal.type == "reasoning":
            assert_type(normal.text, str)
        elif normal.type == "usage":
            assert_type(normal.output_tokens, int)


def messages(client: Client) -> None:
    history: list[MessageParam] = [{"role": "user", "content": "Hi"}]
    tools: list[ToolParam] = [{"name": "f", "input_schema": {"type": "object"}}]
    message = client.messages.create(
        model=MODEL,
        max_tokens=100,
        system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        messages=history,
        tools=tools,
        tool_choice={"type": "auto"},
        thinking={"type": "enabled", "budget_tokens": 1024},
        metadata={"user_id": "u"},
        temperature=0.5,
    )
    assert_type(message, Message)
    for block in message.content:
        if block.type == "text":
            assert_type(block, TextBlock)
            assert_type(block.text, str)
        elif block.type == "thinking":
            assert_type(block, ThinkingBlock)
        elif block.type == "tool_use":
            assert_type(block, ToolUseBlock)
            assert_type(block.input, dict[str, Any])
            result: MessageParam = {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": block.id, "content": "sunny"}],
            }
            history.append(result)
    history.append({"role": "assistant", "content": message.content})
    history.append({"role": message.role, "content": message.content})
    client.messages.create(model=MODEL, max_tokens=9, messages=history)
    image: MessageParam = {
        "role": "user",
        "content": [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": ""}},
            {"type": "text", "text": "What is this?"},
        ],
    }
    assert_type(client.messages.count_tokens(model=MODEL, messages=[image]).input_tokens, int)
    stream = client.messages.create(model=MODEL, max_tokens=9, messages=[image], stream=True)
    assert_type(stream, Stream[MessageEvent, Message])
    for event in stream:
        if event.type == "content_block_delta" and event.delta.type == "text_delta":
            assert_type(event.delta.text, str)
        elif event.type == "message_delta":
            assert_type(event.usage.output_tokens, int)


@tool
def get_weather(city: str) -> str:
    """Return the weather."""
    return city


def tools_run(client: Client) -> None:
    assert_type(get_weather("Paris"), str)
    runner = client.chat.completions.run_tools(
        model=MODEL, messages=[{"role": "user", "content": "Hi"}], tools=[get_weather]
    )
    for event in runner:
        if event.type == "tool.done":
            assert_type(event.result, str | None)
    assert_type(runner.until_done(), ChatCompletion)


def errors(client: Client) -> None:
    try:
        client.models.retrieve(MODEL)
    except trilogue.RateLimitError as error:
        assert_type(error.status_code, int)
        assert_type(error.response.headers.get("retry-after"), str | None)
    except trilogue.APIError as error:
        assert_type(error.status_code, int | None)
        assert_type(error.partial, ChatCompletion | Message | None)
    for model in client.models.list():
        assert_type(model, ModelInfo)


def hooks() -> None:
    """Give a client functions, whose parameters have types."""

    def on_request(request: HookRequest) -> None:
        assert_type(request.body, dict[str, Any])
        assert_type(request.endpoint, str)
        request.on_event = lambda item: print(item.text)

    async def replace(request: HookRequest) -> dict[str, Any]:
        return {**request.body, "seed": 1}

    async def on_response(response: HookResponse) -> None:
        assert_type(response.status_code, int)
        assert_type(response.error, trilogue.APIError | None)
        assert_type(response.headers.get("x-request-id"), str | None)

    Client(on_request=on_request, on_response=lambda response: print(response.elapsed), on_event=print)
    client = AsyncClient(on_request=replace, on_response=on_response)
    client.with_options(on_event=None)
    Client(on_request=lambda request: request)
    Client(on_request="print")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def conversation_events(client: Client) -> None:
    """Events of a conversation narrow by their type, as those of a tool run do."""
    run = trilogue.Conversation(model=MODEL).stream(client, "Hi")
    for event in run:
        if event.type == "text":
            assert_type(event.text, str)
    assert_type(run.until_done(), ChatCompletion | Message)
