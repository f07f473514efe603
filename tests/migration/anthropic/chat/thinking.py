"""A model that thinks before it speaks."""

import anthropic

client = anthropic.Anthropic()

response = client.messages.create(
    model="claude-sonnet-4-6",
    max_tokens=3200,
    thinking={"type": "enabled", "budget_tokens": 1600},
    messages=[{"role": "user", "content": "Create a haiku about Anthropic."}],
)
for block in response.content:
    if block.type == "thinking":
        print(f"Thinking: {block.thinking} ({block.signature})")
    elif block.type == "redacted_thinking":
        print(f"Redacted: {block.data}")
    elif block.type == "text":
        print(f"Text: {block.text}")

thinking = "not-started"
with client.messages.stream(
    model="claude-sonnet-4-6",
    max_tokens=3200,
    thinking={"type": "enabled", "budget_tokens": 1600},
    messages=[{"role": "user", "content": "Create a haiku about Anthropic."}],
) as stream:
    for event in stream:
        if event.type == "thinking":
            if thinking == "not-started":
                print("Thinking:\n---------")
                thinking = "started"
            print(event.thinking, end="", flush=True)
        elif event.type == "text":
            if thinking != "finished":
                print("\n\nText:\n-----")
                thinking = "finished"
            print(event.text, end="", flush=True)
print()
