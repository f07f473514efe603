"""An image from a file as a data URL, and an audio input."""

import base64
import tempfile
from pathlib import Path

from openai import OpenAI

client = OpenAI()


def encode_image(image_path: Path) -> str:
    with open(image_path, "rb") as image_file:
        return base64.b64encode(image_file.read()).decode("utf-8")


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "image.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    base64_image = encode_image(path)

completion = client.chat.completions.create(
    model="gpt-4o",
    messages=[
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "what's in this image?"},
                {
                    "type": "image_url",
                    "image_url": {"url": f"data:image/png;base64,{base64_image}", "detail": "low"},
                },
                {"type": "input_audio", "input_audio": {"data": base64_image, "format": "wav"}},
            ],
        }
    ],
    modalities=["text", "audio"],
    audio={"voice": "alloy", "format": "wav"},
)
message = completion.choices[0].message
print(message.audio.id, message.audio.transcript, base64.b64decode(message.audio.data))
print(message.content)
