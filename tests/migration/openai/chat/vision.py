"""Pictures among the parts of a message."""

import base64

from openai import OpenAI

client = OpenAI()

prompt = "What is in this image?"
b64_image = base64.b64encode(b"\x89PNG...").decode()

response = client.chat.completions.create(
    model="gpt-4o",
    messages=[
        {
            "role": "user",
            "content": [
                {"type": "text", "text": prompt},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64_image}", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "https://upload.example/boardwalk.jpg"}},
            ],
        }
    ],
)
print(response.choices[0].message.content)
