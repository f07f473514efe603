"""The deprecated `functions` and `function_call`."""

import json

from openai import OpenAI

client = OpenAI()
messages = [{"role": "user", "content": "What's the weather like in Boston?"}]
functions = [{"name": "get_current_weather", "parameters": {"type": "object", "properties": {}}}]
response = client.chat.completions.create(model="gpt-4o", messages=messages, functions=functions, function_call="auto")
response_message = response.choices[0].message
if response_message.function_call:
    name = response_message.function_call.name
    arguments = json.loads(response_message.function_call.arguments)
    print(name, arguments, response.choices[0].finish_reason)
    messages.append(response_message)
    messages.append({"role": "function", "name": name, "content": "22"})
second = client.chat.completions.create(model="gpt-4o", messages=messages)
print(second.choices[0].message.content)
