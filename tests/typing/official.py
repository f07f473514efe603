"""Programs with the types of the official clients, as mypy and pyright must understand them."""

from __future__ import annotations

from collections.abc import Iterable

from typing_extensions import assert_type

import trilogue
from trilogue import NOT_GIVEN, AsyncClient, Client, NotGiven, Timeout, omit
from trilogue.types import Message, MessageParam, TextBlock, ToolParam, ToolUseBlock
from trilogue.types.beta import BetaMessage, BetaMessageParam
from trilogue.types.chat import (
    ChatCompletion,
    ChatCompletionMessage,
    ChatCompletionMessageParam,
    ChatCompletionMessageToolCall,
    ChatCompletionToolParam,
    ParsedChatCompletion,
)
from trilogue.types.chat.chat_completion_chunk import ChoiceDelta
from trilogue.types.message_create_params import MessageCreateParamsNonStreaming

MODEL = "m"


def chat(client: Client, temperature: float | NotGiven = NOT_GIVEN) -> list[ChatCompletionMessageParam]:
    messages: list[ChatCompletionMessageParam] = [{"role": "system", "content": "Hi"}]
    messages.append({"role": "user", "content": [{"type": "text", "text": "Hi"}]})
    tools: Iterable[ChatCompletionToolParam] = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    completion = client.chat.completions.create(
        model=MODEL,
        messages=messages,
        temperature=temperature,
        stop=omit,
        tools=list(tools),
        timeout=Timeout(10, connect=2),
    )
    assert_type(completion, ChatCompletion)
    message = completion.choices[0].message
    assert_type(message, ChatCompletionMessage)
    assert_type(message.reasoning_content, str | None)
    messages.append(message)
    for call in message.tool_calls or []:
        assert_type(call, ChatCompletionMessageToolCall)
        messages.append({"role": "tool", "tool_call_id": call.id, "content": call.function.arguments})
    for chunk in client.beta.chat.completions.create(model=MODEL, messages=messages, stream=True):
        assert_type(chunk.choices[0].delta, ChoiceDelta)
    assert_type(client.chat.completions.parse(model=MODEL, messages=messages), ParsedChatCompletion[None])
    with client.chat.completions.with_streaming_response.create(model=MODEL, messages=messages) as response:
        assert_type(response.status_code, int)
        assert_type(response.text(), str)
    return messages


def messages_of(client: Client) -> str:
    messages: list[MessageParam] = [{"role": "user", "content": "Hi"}]
    tools: list[ToolParam] = [{"name": "f", "input_schema": {"type": "object"}}]
    message = client.messages.create(model=MODEL, max_tokens=9, messages=messages, tools=tools, system=NOT_GIVEN)
    assert_type(message, Message)
    messages.append({"role": message.role, "content": message.content})
    for block in message.content:
        if isinstance(block, ToolUseBlock):
            return block.name
        if isinstance(block, TextBlock):
            return block.text
    beta: list[BetaMessageParam] = [{"role": "user", "content": "Hi"}]
    assert_type(client.beta.messages.create(model=MODEL, max_tokens=9, messages=beta, betas=["b"]), BetaMessage)
    params: MessageCreateParamsNonStreaming = {"model": MODEL, "max_tokens": 9, "messages": messages}
    return params["model"]


async def awaited(client: AsyncClient) -> None:
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hi"}]
    try:
        assert_type(await client.chat.completions.create(model=MODEL, messages=messages, n=omit), ChatCompletion)
    except trilogue.OpenAIError as error:
        assert_type(error.message, str)
    assert_type(trilogue.chat.completions.create(model=MODEL, messages=messages), ChatCompletion)
