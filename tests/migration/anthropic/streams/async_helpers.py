"""The asynchronous helpers: `text_stream`, events, final messages."""

import asyncio

from anthropic import AsyncAnthropic

client = AsyncAnthropic()
ask = {"max_tokens": 1024, "messages": [{"role": "user", "content": "Hello"}], "model": "claude-opus-4-6"}


async def main() -> None:
    async with client.messages.stream(**ask) as stream:
        async for text in stream.text_stream:
            print(text, end="", flush=True)
        print()
    message = await stream.get_final_message()
    print(message.to_json(indent=None).startswith("{"), message.stop_reason)
    async with client.messages.stream(**ask) as stream:
        print(await stream.get_final_text())
        print(stream.response.headers["request-id"], stream.request_id)
    async with client.messages.stream(**ask) as stream:
        async for event in stream:
            if event.type == "text":
                print(event.snapshot)
        await stream.until_done()


asyncio.run(main())
