"""Functions that the model calls, in a loop."""

import json

from openai import OpenAI

client = OpenAI()

tools = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Get current temperature for a given location.",
            "parameters": {
                "type": "object",
                "properties": {"location": {"type": "string", "description": "City and country"}},
                "required": ["location"],
                "additionalProperties": False,
            },
            "strict": True,
        },
    }
]


def get_weather(location: str) -> str:
    return f"It is 21 degrees in {location}"


messages = [{"role": "user", "content": "What is the weather like in Paris and in Rome today?"}]
while True:
    completion = client.chat.completions.create(model="gpt-4o", messages=messages, tools=tools, tool_choice="auto")
    message = completion.choices[0].message
    messages.append(message)
    if not message.tool_calls:
        break
    for tool_call in message.tool_calls:
        arguments = json.loads(tool_call.function.arguments)
        print(tool_call.id, tool_call.type, tool_call.function.name, arguments)
        result = get_weather(**arguments)
        messages.append({"role": "tool", "tool_call_id": tool_call.id, "content": result})

print(completion.choices[0].message.content)
