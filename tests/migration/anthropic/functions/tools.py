"""Tools that the model uses, in a loop."""

import json

from anthropic import Anthropic

client = Anthropic()

tools = [
    {
        "name": "get_weather",
        "description": "Get the weather for a specific location",
        "input_schema": {
            "type": "object",
            "properties": {"location": {"type": "string"}, "units": {"type": "object"}},
            "required": ["location"],
        },
    }
]


def get_weather(location: str, units: dict) -> str:
    return json.dumps({"location": location, "degrees": 20, "units": units})


messages = [{"role": "user", "content": "What is the weather in SF?"}]
while True:
    message = client.messages.create(
        model="claude-opus-4-6", max_tokens=1024, messages=messages, tools=tools, tool_choice={"type": "auto"}
    )
    print(message.stop_reason)
    messages.append({"role": "assistant", "content": message.content})
    if message.stop_reason != "tool_use":
        break
    results = []
    for block in message.content:
        if hasattr(block, "text"):
            print("said:", block.text)
        elif block.type == "tool_use":
            print(block.name, json.dumps(block.input), block.input["location"])
            results.append(
                {
                    "type": "tool_result",
                    "tool_use_id": block.id,
                    "content": [{"type": "text", "text": get_weather(**block.input)}],
                }
            )
    messages.append({"role": "user", "content": results})

print(message.content[0].text)
