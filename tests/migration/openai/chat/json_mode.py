"""JSON mode, a JSON Schema, and several answers with the probabilities of their tokens."""

import json

from openai import NOT_GIVEN, OpenAI

client = OpenAI()

completion = client.chat.completions.create(
    model="gpt-4o",
    messages=[{"role": "user", "content": "Reply in JSON."}],
    response_format={"type": "json_object"},
    temperature=NOT_GIVEN,
)
print(json.loads(completion.choices[0].message.content))

completion = client.chat.completions.create(
    model="gpt-4o",
    messages=[{"role": "user", "content": "Who won?"}],
    response_format={
        "type": "json_schema",
        "json_schema": {"name": "winner", "strict": True, "schema": {"type": "object", "properties": {}}},
    },
    seed=7,
    stop=["\n\n"],
    n=2,
    logprobs=True,
    top_logprobs=1,
)
for choice in completion.choices:
    print(choice.index, choice.message.content)
    for token in choice.logprobs.content:
        print(token.token, token.logprob, token.bytes, [top.token for top in token.top_logprobs])
