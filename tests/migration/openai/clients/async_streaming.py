"""`with_streaming_response` and errors of an asynchronous client."""

import asyncio
import json

import openai
from openai import AsyncOpenAI


async def main() -> None:
    async with AsyncOpenAI(max_retries=0) as client:
        ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
        async with client.chat.completions.with_streaming_response.create(**ask) as response:
            print(response.headers.get("x-request-id"), response.status_code)
            async for line in response.iter_lines():
                print(json.loads(line)["choices"][0]["message"]["content"])
        async with client.chat.completions.with_streaming_response.create(**ask) as response:
            completion = await response.parse()
            print(completion.choices[0].message.content)
        raw = await client.chat.completions.with_raw_response.create(**ask)
        print(raw.headers["x-request-id"], raw.parse().choices[0].message.content)
        try:
            await client.chat.completions.create(**ask)
        except openai.RateLimitError as error:
            print(error.status_code, error.response.headers["retry-after"])
        results = await asyncio.gather(
            *(client.chat.completions.create(**ask) for _ in range(2)), return_exceptions=True
        )
        print([type(result).__name__ for result in results])


asyncio.run(main())
