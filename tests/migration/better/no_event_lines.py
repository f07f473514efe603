"""Messages from a proxy that leaves the `event:` lines out."""

from anthropic import Anthropic

client = Anthropic(max_retries=0)
with client.messages.stream(
    model="claude-opus-4-6", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
) as stream:
    print(stream.get_final_text())
