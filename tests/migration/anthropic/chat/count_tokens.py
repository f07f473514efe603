"""How many tokens a prompt has."""

from anthropic import Anthropic

client = Anthropic()

count = client.messages.count_tokens(
    model="claude-opus-4-6",
    system="You are a scientist",
    messages=[{"role": "user", "content": "Hello, world"}],
)
print(count.input_tokens)
print(count.to_json())
