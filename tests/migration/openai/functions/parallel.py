"""Functions of one answer that run at the same time."""

import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def get_weather(city: str) -> str:
    await asyncio.sleep(0)
    return f"21 degrees in {city}"


async def main() -> None:
    messages = [{"role": "user", "content": "Paris and Rome?"}]
    tools = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]
    response = await client.chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
    message = response.choices[0].message
    calls = message.tool_calls or []
    results = await asyncio.gather(*(get_weather(**json.loads(call.function.arguments)) for call in calls))
    messages.append(message.model_dump(exclude_unset=True))
    messages += [
        {"role": "tool", "tool_call_id": call.id, "content": result}
        for call, result in zip(calls, results, strict=True)
    ]
    stream = await client.chat.completions.create(model="gpt-4o", messages=messages, stream=True)
    print("".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]), results)


asyncio.run(main())
