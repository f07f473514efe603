"""pydantic-ai: both providers with clients of this package."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from conftest import City, async_anthropic_client, async_openai_client
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from replies import CITY, call, chunks, completion, events, message, use

from scripted import Scripts


def model(scripts: Scripts, kind: str, *replies: Any) -> Any:
    if kind == "chat":
        provider = OpenAIProvider(openai_client=async_openai_client(scripts.chat(*replies)))
        return OpenAIChatModel("m", provider=provider)
    client = async_anthropic_client(scripts.messages(*replies))
    return AnthropicModel("m", provider=AnthropicProvider(anthropic_client=client))


REPLIES: dict[str, list[Any]] = {
    "chat": [
        completion(),
        chunks("Hel", "lo"),
        completion(None, tool_calls=call("final_result", CITY)),
        completion(None, tool_calls=call("add", {"a": 1, "b": 2})),
        completion("It is 3."),
    ],
    "messages": [
        message(),
        events("Hel", "lo"),
        message(use("final_result", CITY)),
        message(use("add", {"a": 1, "b": 2})),
        message(text="It is 3."),
    ],
}


@pytest.mark.parametrize("kind", ["chat", "messages"])
def test_answers_streams_outputs_and_tools(scripts: Scripts, sent: list[str], kind: str) -> None:
    async def run() -> None:
        agent = Agent(model(scripts, kind, *REPLIES[kind]))
        result = await agent.run("Hi")
        assert result.output == "Hello world"
        usage = result.usage() if callable(result.usage) else result.usage
        assert usage.output_tokens == 5
        async with agent.run_stream("Hi") as stream:
            assert [text async for text in stream.stream_text(delta=True, debounce_by=None)] == ["Hel", "lo"]
        assert (await agent.run("Which city?", output_type=City)).output == City(**CITY)

        def add(a: int, b: int) -> int:
            """Add two numbers."""
            return a + b

        with_tools = Agent(agent.model, tools=[add])
        assert (await with_tools.run("1 + 2?")).output == "It is 3."

    asyncio.run(run())
    assert sent == [kind] * 5
