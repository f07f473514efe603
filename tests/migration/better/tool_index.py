"""Tool calls counted from 1, with the id in each delta, as some servers have it."""

from openai import OpenAI

client = OpenAI(max_retries=0)
with client.chat.completions.stream(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}]) as stream:
    calls = stream.get_final_completion().choices[0].message.tool_calls
print([(call.id, call.function.name, call.function.arguments) for call in calls])
