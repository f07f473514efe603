"""A conversation with `message.to_param()`, content lists and prefill."""

from anthropic import Anthropic

client = Anthropic()
question = {"role": "user", "content": "Hello!"}
first = client.messages.create(model="claude-opus-4-6", max_tokens=64, messages=[question])
messages = [question, first.to_param(), {"role": "user", "content": "How are you?"}]
second = client.messages.create(model="claude-opus-4-6", max_tokens=64, messages=messages)
print(second.content[0].text, second.role)
messages.append({"role": second.role, "content": second.content})
messages.append({"role": "user", "content": [{"type": "text", "text": "Answer in JSON."}]})
messages.append({"role": "assistant", "content": "{"})
third = client.messages.create(
    model="claude-opus-4-6", max_tokens=64, messages=messages, stop_sequences=["}"], extra_body={"temperature": 0.0}
)
print("{" + third.content[0].text, third.stop_reason, third.stop_sequence)
