"""Reasoning, which servers send in fields of different names."""

from openai import OpenAI

client = OpenAI(max_retries=0)
completion = client.chat.completions.create(model="gpt-oss-120b", messages=[{"role": "user", "content": "Hi"}])
print(completion.choices[0].message.reasoning, completion.choices[0].message.content)
