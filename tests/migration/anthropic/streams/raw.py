"""`stream=True`, sync and async."""

import asyncio

from anthropic import Anthropic, AsyncAnthropic

ask = {"max_tokens": 1024, "messages": [{"role": "user", "content": "Hello"}], "model": "claude-opus-4-6"}
for event in Anthropic().messages.create(**ask, stream=True):
    print(event.type)
    if event.type == "message_start":
        print(event.message.usage.input_tokens, event.message.content)
    if event.type == "content_block_delta" and event.delta.type == "text_delta":
        print(event.delta.text)
    if event.type == "message_delta":
        print(event.delta.stop_reason, event.usage.output_tokens, event.delta.stop_sequence)


async def main() -> None:
    stream = await AsyncAnthropic().messages.create(**ask, stream=True)
    async for event in stream:
        print(event.type, end=" ")
    print()


asyncio.run(main())
