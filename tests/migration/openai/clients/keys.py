"""A key that is set later, and a function that returns it."""

from openai import OpenAI

client = OpenAI(api_key="My API Key")
print(client.api_key)
ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
print(client.chat.completions.create(**ask).choices[0].message.content)
client.api_key = "other"
print(client.api_key, client.chat.completions.create(**ask).choices[0].message.content)
print(OpenAI(api_key=lambda: "dynamic").chat.completions.create(**ask).choices[0].message.content)
