"""The raw events of a stream."""

from anthropic import Anthropic

client = Anthropic()

stream = client.messages.create(
    max_tokens=1024,
    messages=[{"role": "user", "content": "Hello, Claude"}],
    model="claude-opus-4-6",
    stream=True,
)
for event in stream:
    if event.type == "message_start":
        print(event.type, event.message.id, event.message.usage.input_tokens)
    elif event.type == "content_block_start":
        print(event.type, event.index, event.content_block.type)
    elif event.type == "content_block_delta":
        if event.delta.type == "text_delta":
            print(event.delta.text, end="|")
        elif event.delta.type == "thinking_delta":
            print(event.delta.thinking, end="~")
        elif hasattr(event.delta, "signature"):
            print("signed", event.delta.signature)
    elif event.type == "message_delta":
        print("\n" + event.delta.stop_reason, event.usage.output_tokens)
    else:
        print(event.type)
