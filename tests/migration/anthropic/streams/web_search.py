"""Web search in a stream."""

import asyncio

from anthropic import AsyncAnthropic


async def main() -> None:
    client = AsyncAnthropic()
    async with client.beta.messages.stream(
        model="claude-sonnet-4-5",
        max_tokens=1024,
        messages=[{"role": "user", "content": "What's the weather in New York?"}],
        tools=[{"name": "web_search", "type": "web_search_20250305"}],
    ) as stream:
        async for chunk in stream:
            if chunk.type == "content_block_delta" and chunk.delta.type == "text_delta":
                print(chunk.delta.text, end="", flush=True)
            elif chunk.type == "content_block_start" and chunk.content_block.type == "web_search_tool_result":
                print("\n[Web search started...]", len(chunk.content_block.content))
            elif chunk.type == "content_block_stop" and chunk.content_block.type == "web_search_tool_result":
                print("[Web search completed]", chunk.content_block.content[0].url)
        message = await stream.get_final_message()
    print(f"Input tokens: {message.usage.input_tokens}")
    if message.usage.server_tool_use:
        print(message.usage.server_tool_use.web_search_requests)
    for number, block in enumerate(message.content):
        print(f"Content Block {number + 1}: Type = {block.type}")


asyncio.run(main())
