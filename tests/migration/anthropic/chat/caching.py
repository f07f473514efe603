"""Prompt caching: `cache_control` and its usage."""

from anthropic import Anthropic

client = Anthropic()
response = client.messages.create(
    model="claude-opus-4-6",
    max_tokens=1024,
    system=[
        {"type": "text", "text": "You are an AI assistant."},
        {"type": "text", "text": "<the entire book>", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
    ],
    tools=[
        {
            "name": "get_time",
            "description": "The time",
            "input_schema": {"type": "object", "properties": {}},
            "cache_control": {"type": "ephemeral"},
        }
    ],
    messages=[
        {
            "role": "user",
            "content": [{"type": "text", "text": "Analyze", "cache_control": {"type": "ephemeral"}}],
        }
    ],
    extra_headers={"x-trace": "cache"},
)
usage = response.usage
print(usage.cache_creation_input_tokens, usage.cache_read_input_tokens, usage.input_tokens)
print(usage.cache_creation, usage.server_tool_use, usage.service_tier)
print(response.usage.model_dump(exclude_none=True, include={"input_tokens", "output_tokens"}))
