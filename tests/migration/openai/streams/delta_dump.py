"""Chunks as dicts and JSON, and their absent fields."""

import json

from openai import OpenAI

client = OpenAI()
for chunk in client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hi"}], stream=True):
    delta = chunk.choices[0].delta if chunk.choices else None
    if delta:
        print(delta.content, delta.role, delta.tool_calls, delta.function_call, delta.refusal)
        print(getattr(delta, "reasoning_content", None))
    data = json.loads(chunk.model_dump_json())
    print(data["object"], data["id"] == chunk.id, chunk.to_dict()["model"], chunk.dict()["created"])
    print(json.loads(chunk.json())["choices"][0]["finish_reason"] if chunk.choices else "end")
