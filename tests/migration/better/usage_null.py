"""Usage that a later chunk takes back with a null."""

from openai import OpenAI

client = OpenAI(max_retries=0)
with client.chat.completions.stream(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}]) as stream:
    print(stream.get_final_completion().usage.total_tokens)
