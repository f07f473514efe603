"""The events of `stream()`."""

from openai import OpenAI

client = OpenAI()

with client.chat.completions.stream(
    model="gpt-4o", messages=[{"role": "user", "content": "What is the weather like in Paris?"}]
) as stream:
    arguments = ""
    for event in stream:
        if event.type == "content.delta":
            print(event.delta, end="")
        elif event.type == "content.done":
            print("\ndone:", event.content)
        elif event.type == "tool_calls.function.arguments.delta":
            arguments += event.arguments_delta
        elif event.type == "tool_calls.function.arguments.done":
            print("arguments:", event.name, event.arguments == arguments, event.index)
        elif event.type == "chunk" and event.chunk.usage:
            print("usage:", event.chunk.usage.total_tokens)

    completion = stream.get_final_completion()

message = completion.choices[0].message
print(message.content, [call.function.name for call in message.tool_calls], completion.choices[0].finish_reason)
