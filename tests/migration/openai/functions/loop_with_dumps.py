"""A loop over tool calls whose messages are dumped in every way."""

import json

from openai import OpenAI

client = OpenAI()
tools = [{"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}]
available_functions = {"add": lambda a, b: a + b}
messages = [{"role": "user", "content": "2 + 3?"}]

dumps = [
    lambda message: message,
    lambda message: message.model_dump(exclude_none=True),
    lambda message: message.to_dict(),
    lambda message: json.loads(message.model_dump_json(exclude_unset=True)),
    lambda message: message.dict(exclude_none=True),
    lambda message: json.loads(message.json(exclude_none=True)),
]
for dump in dumps:
    response = client.chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
    message = response.choices[0].message
    messages.append(dump(message))
    for tool_call in message.tool_calls:
        arguments = json.loads(tool_call.function.arguments)
        result = available_functions[tool_call.function.name](**arguments)
        print(tool_call.id, tool_call.function.name, arguments, result)
        messages.append({"tool_call_id": tool_call.id, "role": "tool", "name": "add", "content": str(result)})
print(client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content)
