"""The helper's events with `async for`, and `until_done`."""

import asyncio

from openai import AsyncOpenAI


async def main() -> None:
    client = AsyncOpenAI()
    async with client.chat.completions.stream(model="gpt-4o", messages=[{"role": "user", "content": "hi"}]) as stream:
        async for event in stream:
            if event.type == "content.delta":
                print(event.delta, flush=True, end="")
            elif event.type == "content.done":
                print("\n", event.content)
        print((await stream.get_final_completion()).choices[0].message.content)
    async with client.chat.completions.stream(model="gpt-4o", messages=[{"role": "user", "content": "hi"}]) as stream:
        await stream.until_done()
        print((await stream.get_final_completion()).choices[0].finish_reason)
    await client.close()


asyncio.run(main())
