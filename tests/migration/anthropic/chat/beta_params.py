"""Parameters of betas, and of newer versions of the API."""

from anthropic import Anthropic

client = Anthropic()
message = client.beta.messages.create(
    model="claude-opus-4-6",
    max_tokens=64,
    messages=[{"role": "user", "content": "Hi"}],
    betas=["mcp-client-2025-11-20"],
    mcp_servers=[{"type": "url", "url": "https://a.example/sse", "name": "a"}],
    context_management={"edits": [{"type": "clear_tool_uses_20250919"}]},
    output_config={"effort": "medium"},
    thinking={"type": "adaptive"},
    service_tier="auto",
    extra_body={"anything": 1},
)
print(message.content[0].text, message.stop_reason)
