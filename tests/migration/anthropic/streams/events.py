"""The events of `stream()`."""

import asyncio

from anthropic import AsyncAnthropic

client = AsyncAnthropic()


async def main() -> None:
    async with client.messages.stream(
        max_tokens=1024,
        messages=[{"role": "user", "content": "What is the weather in Paris?"}],
        model="claude-opus-4-6",
        tools=[{"name": "get_weather", "input_schema": {"type": "object"}}],
    ) as stream:
        async for event in stream:
            if event.type == "text":
                print("text:", event.text)
            elif event.type == "input_json":
                print("json:", event.partial_json)
            elif event.type == "thinking":
                print("thinking:", event.thinking)
            elif event.type == "content_block_stop":
                print("block:", event.index, event.content_block.type)
            elif event.type == "message_stop":
                print("stop:", event.message.stop_reason)
        message = await stream.get_final_message()
    for block in message.content:
        if block.type == "tool_use":
            print(block.name, block.input, block.id)


asyncio.run(main())
