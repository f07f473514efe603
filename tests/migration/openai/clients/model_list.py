"""Models: iterated, sorted, retrieved."""

import asyncio

import openai
from openai import AsyncOpenAI, OpenAI

client = OpenAI(max_retries=0)
models = client.models.list()
print(sorted(m.id for m in models.data), models.object, [m.owned_by for m in models])
print(client.models.retrieve("gpt-4o").created)
try:
    client.models.retrieve("missing")
except openai.NotFoundError as error:
    print(error.status_code)


async def main() -> None:
    client = AsyncOpenAI()
    print([model.id async for model in client.models.list()])
    print(len((await client.models.list()).data))


asyncio.run(main())
