"""An asynchronous tool runner, and one that streams."""

import asyncio

from anthropic import AsyncAnthropic, beta_async_tool

client = AsyncAnthropic()


@beta_async_tool
async def get_weather(location: str) -> str:
    """Look up the weather of a location.

    Args:
        location: The city.

    """
    await asyncio.sleep(0)
    return f"20 degrees in {location}"


async def main() -> None:
    runner = client.beta.messages.tool_runner(
        model="claude-opus-4-6",
        max_tokens=64,
        tools=[get_weather],
        thread=False,
        messages=[{"role": "user", "content": "SF?"}],
    )
    async for message in runner:
        print(message.stop_reason)
    streaming = client.beta.messages.tool_runner(
        model="claude-opus-4-6",
        max_tokens=64,
        tools=[get_weather],
        messages=[{"role": "user", "content": "SF?"}],
        stream=True,
        thread=False,
    )
    async for stream in streaming:
        async for event in stream:
            if event.type == "text":
                print(event.text)
        print((await stream.get_final_message()).stop_reason)


asyncio.run(main())
