"""Several turns."""

import anthropic

client = anthropic.Anthropic()

messages = [{"role": "user", "content": "What is 2 + 2?"}]
for question in ["And twice that?", None]:
    response = client.messages.create(
        model="claude-opus-4-6",
        max_tokens=256,
        system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        messages=messages,
    )
    print("".join(block.text for block in response.content if block.type == "text"))
    messages.append({"role": response.role, "content": response.content})
    if question:
        messages.append({"role": "user", "content": question})
print(len(messages))
