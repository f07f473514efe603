"""`stream_options` with usage: the last chunk has no choices."""

from openai import OpenAI

client = OpenAI()
stream = client.chat.completions.create(
    model="gpt-4o-mini",
    messages=[{"role": "user", "content": "Count"}],
    stream=True,
    stream_options={"include_usage": True},
)
collected_chunks = []
collected_messages = []
for chunk in stream:
    collected_chunks.append(chunk)
    if chunk.choices:
        collected_messages.append(chunk.choices[0].delta.content)
    print(f"choices: {len(chunk.choices)} usage: {chunk.usage and chunk.usage.total_tokens}")
full_reply_content = "".join([m for m in collected_messages if m is not None])
print(full_reply_content, collected_chunks[0].choices[0].delta.role, collected_chunks[-2].choices[0].finish_reason)
