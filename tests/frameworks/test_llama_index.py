"""llama-index: its models of OpenAI and Anthropic with clients of this package."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from conftest import KEY, City, anthropic_client, async_anthropic_client, async_openai_client, openai_client
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.anthropic import Anthropic
from llama_index.llms.openai import OpenAI
from replies import CITY, call, chunks, completion, events, message, use

from scripted import Script, Scripts

HI = [ChatMessage(role="user", content="Hi")]


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def openai_model(script: Script) -> OpenAI:
    return OpenAI(
        model="gpt-4o",
        api_key=KEY,
        openai_client=openai_client(script),
        async_openai_client=async_openai_client(script),
    )


def anthropic_model(script: Script) -> Anthropic:
    model = Anthropic(model="claude-sonnet-4-0", api_key=KEY)
    model._client, model._aclient = anthropic_client(script), async_anthropic_client(script)
    return model


def tool_loop(model: Any) -> str:
    """Run the calls of a model until it answers."""
    answer = model.predict_and_call([FunctionTool.from_defaults(add)], "1 + 2?")
    return str(answer)


async def read(model: Any) -> str:
    """Return the text of an asynchronous stream."""
    return "".join([str(part.delta) async for part in await model.astream_chat(HI)])


def test_openai(scripts: Scripts, sent: list[str]) -> None:
    script = scripts.chat(
        completion(),
        chunks("Hel", "lo"),
        chunks("Hel", "lo"),
        completion(json.dumps(CITY), tool_calls=call("City", CITY)),
        completion(None, tool_calls=call("add", {"a": 1, "b": 2})),
    )
    model = openai_model(script)
    assert model.chat(HI).message.content == "Hello world"
    assert "".join(str(part.delta) for part in model.stream_chat(HI)) == "Hello"
    assert asyncio.run(read(model)) == "Hello"
    assert model.as_structured_llm(City).chat(HI).raw == City(**CITY)
    assert tool_loop(model) == "3"
    assert sent == ["chat"] * 5


def test_anthropic(scripts: Scripts, sent: list[str]) -> None:
    script = scripts.messages(
        message(),
        events("Hel", "lo"),
        events("Hel", "lo"),
        message(use("City", CITY)),
        message(use("add", {"a": 1, "b": 2})),
    )
    model = anthropic_model(script)
    assert model.chat(HI).message.content == "Hello world"
    assert "".join(str(part.delta) for part in model.stream_chat(HI)) == "Hello"
    assert asyncio.run(read(model)) == "Hello"
    assert model.as_structured_llm(City).chat(HI).raw == City(**CITY)
    assert tool_loop(model) == "3"
    assert sent == ["messages"] * 5
