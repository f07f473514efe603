"""Two choices in one stream."""

from collections import defaultdict

from openai import OpenAI

client = OpenAI()
texts = defaultdict(str)
for chunk in client.chat.completions.create(
    model="gpt-4o", messages=[{"role": "user", "content": "hi"}], n=2, stream=True
):
    for choice in chunk.choices:
        texts[choice.index] += choice.delta.content or ""
        if choice.finish_reason:
            print(choice.index, choice.finish_reason)
print(dict(texts))
