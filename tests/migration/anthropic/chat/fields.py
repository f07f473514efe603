"""Fields of a message, those that the server left out too."""

import json

from anthropic import Anthropic
from anthropic.types import Message, TextBlock

client = Anthropic()
message = client.messages.create(
    model="claude-opus-4-6", max_tokens=64, messages=[{"role": "user", "content": "Hi"}], metadata={"user_id": "u"}
)
print(message.id, message.type, message.role, message.model, message.container, message.stop_sequence)
print(isinstance(message, Message), isinstance(message.content[0], TextBlock), message.content[0].citations)
print(sorted(json.loads(message.to_json())["content"][0].items()), message._request_id)
print(message.to_dict()["usage"]["input_tokens"], message.model_dump()["container"])
print(json.loads(message.json(exclude_none=True))["role"], message.dict()["id"])
print(" ".join(block.text for block in message.content if block.type == "text"))
