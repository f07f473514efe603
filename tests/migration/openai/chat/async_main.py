"""The README's asynchronous example."""

import asyncio

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def main() -> None:
    completion = await client.chat.completions.create(
        messages=[{"role": "user", "content": "Say this is a test"}], model="gpt-5.2"
    )
    print(completion.choices[0].message.content)
    stream = await client.chat.completions.create(
        model="gpt-5.2", messages=[{"role": "user", "content": "Say this is a test"}], stream=True
    )
    async for chunk in stream:
        print(chunk.choices[0].delta.content or "", end="")
    print()


asyncio.run(main())
