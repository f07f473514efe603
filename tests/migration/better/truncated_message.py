"""The same in Anthropic's format."""

from anthropic import Anthropic, APIError

client = Anthropic(max_retries=0)
try:
    with client.messages.stream(
        model="claude-opus-4-6", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
    ) as stream:
        print("".join(stream.text_stream))
    print("complete")
except APIError as e:
    print(type(e).__name__, e.partial.text)
