"""openai-agents: chat completions through a client of this package."""

from __future__ import annotations

import asyncio
import json

from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled
from conftest import City, async_openai_client
from replies import CITY, call, chunks, completion

from scripted import Scripts

set_tracing_disabled(disabled=True)


@function_tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def test_answers_streams_outputs_and_tools(scripts: Scripts, sent: list[str]) -> None:
    script = scripts.chat(
        completion(None, tool_calls=call("add", {"a": 1, "b": 2})),
        completion("It is 3."),
        chunks("Hel", "lo"),
        completion(json.dumps(CITY)),
    )

    async def run() -> None:
        model = OpenAIChatCompletionsModel(model="m", openai_client=async_openai_client(script))
        agent = Agent(name="Adder", instructions="Add.", model=model, tools=[add])
        result = await Runner.run(agent, "1 + 2?")
        assert result.final_output == "It is 3."
        assert result.context_wrapper.usage.total_tokens == 24

        streamed = Runner.run_streamed(Agent(name="Greeter", model=model), "Hi")
        texts = [
            event.data.delta
            async for event in streamed.stream_events()
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
        ]
        assert "".join(texts) == "Hello"

        typed = Agent(name="Typed", model=model, output_type=City)
        assert (await Runner.run(typed, "Which city?")).final_output == City(**CITY)

    asyncio.run(run())
    assert sent == ["chat"] * 4
