"""One message."""

import os

from anthropic import Anthropic

client = Anthropic(api_key=os.environ.get("API_KEY"))

message = client.messages.create(
    max_tokens=1024,
    messages=[{"role": "user", "content": "Hello, Claude"}],
    model="claude-opus-4-6",
    system="You are a helpful assistant.",
    stop_sequences=["END"],
    metadata={"user_id": "u1"},
)
print(message.content[0].text)
print(message.id, message.model, message.role, message.type)
print(message.stop_reason, message.stop_sequence)
print(message.usage.input_tokens, message.usage.output_tokens, message.usage.cache_read_input_tokens)
print(len(message.content), message.content[0].citations)
print(message._request_id)
