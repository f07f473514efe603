"""A streamed answer, with its usage at the end."""

from openai import OpenAI

client = OpenAI()

stream = client.chat.completions.create(
    model="gpt-4o",
    messages=[{"role": "user", "content": "Say this is a test"}],
    stream=True,
    stream_options={"include_usage": True},
)
for chunk in stream:
    if chunk.choices and chunk.choices[0].delta.content is not None:
        print(chunk.choices[0].delta.content, end="|")
    if chunk.choices and chunk.choices[0].finish_reason:
        print("\n" + chunk.choices[0].finish_reason)
    if chunk.usage:
        print(chunk.usage.total_tokens)

with client.chat.completions.create(
    model="gpt-4o", messages=[{"role": "user", "content": "Say it again"}], stream=True
) as response:
    print("".join(chunk.choices[0].delta.content or "" for chunk in response if chunk.choices))
