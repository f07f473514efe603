"""One answer."""

import os

from openai import OpenAI

client = OpenAI(api_key=os.environ.get("API_KEY"))

completion = client.chat.completions.create(
    model="gpt-4o",
    messages=[
        {"role": "developer", "content": "Talk like a pirate."},
        {"role": "user", "content": "How do I check if a Python object is an instance of a class?"},
    ],
    temperature=0.2,
    max_completion_tokens=200,
)

print(completion.choices[0].message.content)
print(completion.choices[0].message.role, completion.choices[0].finish_reason)
print(completion.id, completion.model, completion.object, completion.created)
print(completion.usage.prompt_tokens, completion.usage.completion_tokens, completion.usage.total_tokens)
print(completion.usage.completion_tokens_details.reasoning_tokens)
print(completion.choices[0].message.tool_calls, completion.choices[0].message.refusal)
print(completion.choices[0].logprobs is None, completion._request_id)
