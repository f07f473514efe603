"""Large tool inputs as they stream."""

import anthropic

client = anthropic.Anthropic()
with client.messages.stream(
    max_tokens=1024,
    model="claude-opus-4-6",
    tools=[{"name": "make_file", "input_schema": {"type": "object", "properties": {"filename": {"type": "string"}}}}],
    messages=[{"role": "user", "content": "Can you write a long poem?"}],
) as stream:
    for event in stream:
        if event.type == "content_block_start" and event.content_block.type == "tool_use":
            print("start", event.content_block.name, event.content_block.input)
        elif event.type == "content_block_delta" and event.delta.type == "input_json_delta":
            print("delta", event.delta.partial_json)
        elif event.type == "input_json":
            print("snapshot", event.snapshot)
    final_message = stream.get_final_message()
print(final_message.content[0].input, final_message.stop_reason)
