"""A stream whose connection is closed in the middle, with no finish reason and no end."""

from openai import APIError, OpenAI

client = OpenAI(max_retries=0)
try:
    for chunk in client.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], stream=True
    ):
        print(chunk.choices[0].delta.content)
    print("complete")
except APIError as e:
    print(type(e).__name__)
