"""Several answers at once, with asyncio."""

import asyncio

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def ask(question: str) -> str:
    completion = await client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": question}])
    return completion.choices[0].message.content or ""


async def main() -> None:
    answers = await asyncio.gather(*(ask(f"What is {n} + {n}?") for n in range(3)))
    print(answers)
    stream = await client.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "Say this is a test"}], stream=True
    )
    async for chunk in stream:
        if chunk.choices:
            print(chunk.choices[0].delta.content or "", end="")
    print()
    async with AsyncOpenAI() as other:
        print((await other.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])).id)


asyncio.run(main())
