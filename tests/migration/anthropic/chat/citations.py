"""Citations of documents."""

from anthropic import Anthropic

client = Anthropic()
response = client.messages.create(
    model="claude-opus-4-6",
    max_tokens=1024,
    messages=[
        {
            "role": "user",
            "content": [
                {
                    "type": "document",
                    "source": {"type": "text", "media_type": "text/plain", "data": "The grass is green."},
                    "citations": {"enabled": True},
                },
                {"type": "text", "text": "What color is the grass?"},
            ],
        }
    ],
)
for block in response.content:
    print(block.text)
    for citation in block.citations or []:
        print(citation.type, citation.cited_text, citation.document_index, citation.start_char_index)
