"""Tools that the provider runs: web search."""

from anthropic import Anthropic

client = Anthropic()
message = client.messages.create(
    model="claude-opus-4-6",
    max_tokens=1024,
    messages=[{"role": "user", "content": "What's the weather in New York?"}],
    tools=[{"name": "web_search", "type": "web_search_20250305", "max_uses": 5}],
)
for content_block in message.content:
    if content_block.type == "server_tool_use":
        print(content_block.name, content_block.input, content_block.id)
    elif content_block.type == "web_search_tool_result":
        print(content_block.tool_use_id, content_block.content[0].url, content_block.content[0].title)
    elif content_block.type == "text":
        print(content_block.text)
print(message.usage.server_tool_use.web_search_requests, message.usage.input_tokens)
