"""Log probabilities, as the cookbook prints them."""

from math import exp

from openai import OpenAI

client = OpenAI()
API_RESPONSE = client.chat.completions.create(
    model="gpt-4o",
    messages=[{"role": "user", "content": "Classify."}],
    logprobs=True,
    top_logprobs=2,
    logit_bias={"50256": -100},
    seed=7,
    n=2,
)
for choice in API_RESPONSE.choices:
    for token in choice.logprobs.content:
        print(repr(token.token), round(exp(token.logprob) * 100, 2), bytes(token.bytes).decode())
        for top in token.top_logprobs:
            print("  top", top.token, top.logprob, top.bytes)
print(API_RESPONSE.choices[1].index, API_RESPONSE.system_fingerprint)
