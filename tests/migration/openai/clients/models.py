"""Models that the endpoint offers."""

import asyncio

from openai import AsyncOpenAI, OpenAI

client = OpenAI()

for model in client.models.list():
    print(model.id, model.owned_by, model.created)

models = client.models.list()
print(len(models.data), [model.id for model in models.data], models.has_next_page())


async def main() -> None:
    async with AsyncOpenAI() as client:
        async for model in client.models.list():
            print(model.id)
        print((await client.models.list()).data[0].object)


asyncio.run(main())
