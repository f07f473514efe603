"""Reasoning of models that have it: effort, tokens, `max_completion_tokens`."""

from openai import OpenAI

client = OpenAI()
response = client.chat.completions.create(
    model="o3-mini",
    reasoning_effort="medium",
    max_completion_tokens=1000,
    messages=[{"role": "user", "content": "Write a bash script"}],
    store=True,
    metadata={"team": "a"},
    service_tier="flex",
    user="user-1",
    parallel_tool_calls=False,
    prediction={"type": "content", "content": "x"},
    verbosity="low",
)
usage = response.usage
print(usage.completion_tokens_details.reasoning_tokens, usage.prompt_tokens_details.cached_tokens)
print(usage.completion_tokens_details.accepted_prediction_tokens, usage.prompt_tokens, usage.completion_tokens)
print(dict(usage)["total_tokens"], response.service_tier)
