"""Fields of other providers: in requests, in answers, in chunks."""

from openai import OpenAI

client = OpenAI()
completion = client.chat.completions.create(
    model="deepseek-reasoner",
    messages=[{"role": "user", "content": "9.11 or 9.8?"}],
    extra_body={"enable_thinking": True, "provider": {"order": ["a"]}, "top_k": 3},
)
message = completion.choices[0].message
print(message.reasoning_content, "|", message.content)
print(completion.model_extra["provider"], completion.provider, completion.usage.cost)
reasoning, content = "", ""
for chunk in client.chat.completions.create(
    model="deepseek-reasoner", messages=[{"role": "user", "content": "9.11 or 9.8?"}], stream=True
):
    delta = chunk.choices[0].delta
    if hasattr(delta, "reasoning_content") and delta.reasoning_content:
        reasoning += delta.reasoning_content
    elif delta.content:
        content += delta.content
print(reasoning, "|", content)
