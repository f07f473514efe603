"""A chat in the terminal: a history of dicts and of messages."""

from openai import OpenAI

client = OpenAI()
history = [{"role": "system", "content": "You are a helpful assistant."}]

for question in ("What is 2+2?", "And doubled?"):
    history.append({"role": "user", "content": question})
    response = client.chat.completions.create(model="gpt-4o-mini", messages=history, max_tokens=50, temperature=0)
    message = response.choices[0].message
    history.append(message)
    print(f"{message.role}: {message.content}")

history.append({"role": "user", "content": "Bye"})
response = client.chat.completions.create(
    model="gpt-4o-mini", messages=[m if isinstance(m, dict) else m.model_dump(exclude_none=True) for m in history]
)
print(len(history), response.usage.total_tokens)
