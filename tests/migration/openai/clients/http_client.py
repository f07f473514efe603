"""A client of httpx that sends the requests."""

import asyncio

from openai import AsyncOpenAI, DefaultAsyncHttpxClient, DefaultHttpxClient, OpenAI

seen = []


def hook(request) -> None:  # noqa: ANN001
    seen.append(request.method)


async def async_hook(request) -> None:  # noqa: ANN001
    seen.append(request.method.lower())


ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
with OpenAI(http_client=DefaultHttpxClient(event_hooks={"request": [hook]}), max_retries=0) as client:
    print(client.chat.completions.create(**ask).choices[0].message.content)
    for chunk in client.chat.completions.create(**ask, stream=True):
        if chunk.choices:
            print(chunk.choices[0].delta.content)


async def main() -> None:
    http_client = DefaultAsyncHttpxClient(event_hooks={"request": [async_hook]}, headers={"x-team": "a"})
    async with AsyncOpenAI(http_client=http_client, max_retries=0) as client:
        print((await client.chat.completions.create(**ask)).choices[0].message.content)
        async for chunk in await client.chat.completions.create(**ask, stream=True):
            if chunk.choices:
                print(chunk.choices[0].delta.content)


asyncio.run(main())
print(seen)
