"""An empty frame, which some proxies send to keep a connection open."""

from openai import OpenAI

client = OpenAI(max_retries=0)
stream = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], stream=True)
print("".join(chunk.choices[0].delta.content or "" for chunk in stream))
