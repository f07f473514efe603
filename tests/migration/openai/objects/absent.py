"""Fields of the standard that the server left out."""

from openai import OpenAI

client = OpenAI()
completion = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
message = completion.choices[0].message
print(message.refusal, message.audio, message.annotations, message.function_call, message.tool_calls)
print(completion.service_tier, completion.system_fingerprint, completion.usage, completion.choices[0].logprobs)
print(getattr(message, "reasoning", None), hasattr(message, "unheard_of"))
for chunk in client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}], stream=True):
    for choice in chunk.choices:
        print(choice.delta.content, choice.delta.role, choice.delta.audio, choice.finish_reason, choice.logprobs)
    print(chunk.usage, chunk.service_tier, chunk.system_fingerprint)
