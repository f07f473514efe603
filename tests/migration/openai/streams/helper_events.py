"""Every event of `stream()`, with snapshots."""

from openai import OpenAI

client = OpenAI()
with client.chat.completions.stream(
    model="gpt-4o-2024-08-06", messages=[{"role": "user", "content": "weather?"}]
) as stream:
    for event in stream:
        if event.type == "content.delta" and event.delta:
            print(event.delta, "->", event.snapshot, event.parsed)
        elif event.type == "content.done":
            done = ("done", event.content, event.parsed)
        elif event.type == "tool_calls.function.arguments.delta" and event.arguments_delta:
            print(event.name, event.index, event.arguments_delta, "->", event.arguments)
        elif event.type == "tool_calls.function.arguments.done":
            print(event.name, event.index, event.arguments)
        elif event.type == "chunk":
            assert event.chunk.object == "chat.completion.chunk"
print(done)
final = stream.get_final_completion()
print(final.choices[0].message.tool_calls[0].function.arguments, final.usage.total_tokens)
