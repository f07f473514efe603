"""`beta.messages` with `betas`."""

from anthropic import Anthropic
from anthropic.types.beta import BetaMessage, BetaMessageParam, BetaTextBlock

client = Anthropic()
messages: list[BetaMessageParam] = [{"role": "user", "content": "Hello"}]
message = client.beta.messages.create(
    model="claude-opus-4-6", max_tokens=64, messages=messages, betas=["files-api-2025-04-14", "mcp-client-2025-04-04"]
)
print(message.content[0].text, isinstance(message, BetaMessage), isinstance(message.content[0], BetaTextBlock))
print(client.beta.messages.count_tokens(model="claude-opus-4-6", messages=messages).input_tokens)
with client.beta.messages.stream(model="claude-opus-4-6", max_tokens=64, messages=messages, betas=["a"]) as stream:
    print("".join(stream.text_stream))
print([model.id for model in client.beta.models.list(limit=2).data])
