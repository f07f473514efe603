"""Tool calls put together from a stream by hand."""

from openai import OpenAI

client = OpenAI()

stream = client.chat.completions.create(
    model="gpt-4o",
    messages=[{"role": "user", "content": "What is the weather like in Paris?"}],
    tools=[{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}],
    stream=True,
)

final_tool_calls = {}
for chunk in stream:
    for tool_call in chunk.choices[0].delta.tool_calls or []:
        index = tool_call.index
        if index not in final_tool_calls:
            final_tool_calls[index] = tool_call
            print(tool_call.id, tool_call.function.name)
        else:
            final_tool_calls[index].function.arguments += tool_call.function.arguments

for index, call in final_tool_calls.items():
    print(index, call.id, call.function.name, call.function.arguments)
