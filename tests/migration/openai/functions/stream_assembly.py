"""Tool calls assembled from a stream, as in the cookbook."""

import json

from openai import OpenAI

client = OpenAI()
stream = client.chat.completions.create(
    model="gpt-4o",
    messages=[{"role": "user", "content": "Paris and Rome"}],
    tools=[{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}],
    tool_choice={"type": "function", "function": {"name": "get_weather"}},
    stream=True,
)
final_tool_calls = {}
for chunk in stream:
    for tool_call in chunk.choices[0].delta.tool_calls or []:
        index = tool_call.index
        if index not in final_tool_calls:
            final_tool_calls[index] = tool_call
        else:
            final_tool_calls[index].function.arguments += tool_call.function.arguments
for call in final_tool_calls.values():
    print(call.id, call.type, call.function.name, json.loads(call.function.arguments))
