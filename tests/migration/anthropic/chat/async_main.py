"""The README's asynchronous example."""

import asyncio
import os

from anthropic import AsyncAnthropic

client = AsyncAnthropic(
    api_key=os.environ.get("ANTHROPIC_API_KEY"),
)


async def main() -> None:
    message = await client.messages.create(
        max_tokens=1024,
        messages=[{"role": "user", "content": "Hello, Claude"}],
        model="claude-opus-4-6",
    )
    print(message.content[0].text, message.stop_reason, message.usage.output_tokens)


asyncio.run(main())
