"""Every event of `stream()`, with snapshots."""

import anthropic

client = anthropic.Anthropic()
with client.messages.stream(
    max_tokens=1024,
    messages=[{"role": "user", "content": "weather"}],
    model="claude-opus-4-6",
    thinking={"type": "enabled", "budget_tokens": 1024},
) as stream:
    for event in stream:
        if event.type == "text":
            print("text", event.text, "->", event.snapshot)
        elif event.type == "thinking":
            print("thinking", event.thinking, "->", event.snapshot)
        elif event.type == "signature":
            print("signature", event.signature)
        elif event.type == "input_json":
            print("input_json", event.partial_json, "->", event.snapshot)
        elif event.type == "content_block_stop":
            print("block", event.index, event.content_block.type)
        elif event.type == "message_stop":
            print("message", event.message.stop_reason, event.message.usage.output_tokens)
        else:
            print(event.type)
accumulated = stream.get_final_message()
print("accumulated message: ", accumulated.content[2].input, stream.current_message_snapshot.id)
