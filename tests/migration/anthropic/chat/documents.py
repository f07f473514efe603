"""Images and documents: as base64, as a path, as a file, as a URL."""

import base64
import io
import tempfile
from pathlib import Path

from anthropic import Anthropic

client = Anthropic()
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "logo.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    pdf = Path(folder) / "a.pdf"
    pdf.write_bytes(b"%PDF-1.4")
    with open(pdf, "rb") as file:
        response = client.messages.create(
            max_tokens=1024,
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Hello!"},
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": path}},
                        {
                            "type": "image",
                            "source": {"type": "base64", "media_type": "image/png", "data": io.BytesIO(b"abc")},
                        },
                        {
                            "type": "document",
                            "source": {"type": "base64", "media_type": "application/pdf", "data": file},
                            "title": "A",
                            "citations": {"enabled": True},
                        },
                        {
                            "type": "image",
                            "source": {
                                "type": "base64",
                                "media_type": "image/png",
                                "data": base64.standard_b64encode(b"xyz").decode("utf-8"),
                            },
                        },
                        {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}},
                    ],
                }
            ],
            model="claude-opus-4-6",
        )
print(response.content[0].text)
