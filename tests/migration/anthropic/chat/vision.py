"""Pictures and documents among the blocks of a message."""

import base64

from anthropic import Anthropic

client = Anthropic()
image = base64.b64encode(b"\x89PNG...").decode("utf-8")

response = client.messages.create(
    max_tokens=1024,
    messages=[
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Hello!"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": image}},
                {"type": "document", "source": {"type": "url", "url": "https://files.example/a.pdf"}},
            ],
        },
    ],
    model="claude-opus-4-6",
)
print(response.content[0].text)
