"""langchain-openai and langchain-anthropic with clients of this package."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from conftest import KEY, City, anthropic_client, async_anthropic_client, async_openai_client, openai_client
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from replies import CITY, call, chunks, completion, events, message, use

from scripted import Script, Scripts


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def chat_openai(script: Script) -> ChatOpenAI:
    client, async_client = openai_client(script), async_openai_client(script)
    return ChatOpenAI(
        model="m",
        api_key=KEY,
        root_client=client,
        client=client.chat.completions,
        root_async_client=async_client,
        async_client=async_client.chat.completions,
    )


def chat_anthropic(script: Script) -> ChatAnthropic:
    model = ChatAnthropic(model="m", api_key=KEY, max_tokens=100)
    vars(model).update(_client=anthropic_client(script), _async_client=async_anthropic_client(script))
    return model


def tool_loop(model: Any) -> str:
    """Run the calls of a model until it answers."""
    bound = model.bind_tools([add])
    history: list[Any] = [HumanMessage("1 + 2?")]
    while True:
        answer = bound.invoke(history)
        history.append(answer)
        if not answer.tool_calls:
            return str(answer.text)
        for made in answer.tool_calls:
            result = add.invoke(made["args"])
            history.append(ToolMessage(str(result), tool_call_id=made["id"]))


async def read(model: Any) -> list[str]:
    """Return the texts of an asynchronous stream."""
    return [str(chunk.text) async for chunk in model.astream("Hi")]


def test_openai_answers_and_streams(scripts: Scripts, sent: list[str]) -> None:
    model = chat_openai(scripts.chat(completion(), chunks("Hel", "lo"), chunks("Hel", "lo"), completion()))
    answer = model.invoke("Hi")
    assert answer.content == "Hello world"
    assert answer.usage_metadata["total_tokens"] == 12
    assert [chunk.content for chunk in model.stream("Hi") if chunk.content] == ["Hel", "lo"]
    assert "".join(asyncio.run(read(model))) == "Hello"
    assert asyncio.run(model.ainvoke("Hi")).content == "Hello world"
    assert sent == ["chat"] * 4


def test_openai_structured_output_and_tools(scripts: Scripts, sent: list[str]) -> None:
    text = json.dumps(CITY)
    script = scripts.chat(
        completion(text),
        chunks(text[:9], text[9:]),
        completion(None, tool_calls=call("add", {"a": 1, "b": 2})),
        completion("It is 3."),
    )
    model = chat_openai(script)
    structured = model.with_structured_output(City)
    assert structured.invoke("Which city?") == City(**CITY)
    assert list(structured.stream("Which city?"))[-1] == City(**CITY)
    assert tool_loop(model) == "It is 3."
    assert script.bodies()[3]["messages"][2]["content"] == "3"
    assert sent == ["chat"] * 4


def test_anthropic_answers_and_streams(scripts: Scripts, sent: list[str]) -> None:
    model = chat_anthropic(scripts.messages(message(), events("Hel", "lo"), events("Hel", "lo"), message()))
    answer = model.invoke("Hi")
    assert answer.content == "Hello world"
    assert answer.usage_metadata["total_tokens"] == 12
    assert [chunk.text for chunk in model.stream("Hi") if chunk.text] == ["Hel", "lo"]
    assert "".join(asyncio.run(read(model))) == "Hello"
    assert asyncio.run(model.ainvoke("Hi")).content == "Hello world"
    assert sent == ["messages"] * 4


def test_anthropic_structured_output_and_tools(scripts: Scripts, sent: list[str]) -> None:
    script = scripts.messages(
        message(use("City", CITY)), message(use("add", {"a": 1, "b": 2})), message(text="It is 3.")
    )
    model = chat_anthropic(script)
    assert model.with_structured_output(City, method="function_calling").invoke("Which city?") == City(**CITY)
    assert tool_loop(model) == "It is 3."
    assert sent == ["messages"] * 3
