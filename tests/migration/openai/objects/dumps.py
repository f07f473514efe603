"""Results as dicts and JSON, whole and in parts."""

import json

from openai import OpenAI

client = OpenAI()
completion = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hi"}])
data = completion.to_dict()
print(data["id"], data["choices"][0]["message"]["content"], data["usage"]["total_tokens"])
print(json.loads(completion.to_json())["model"], json.loads(completion.json())["object"])
print(completion.model_dump(include={"id", "model"}))
print(sorted(completion.choices[0].model_dump(exclude_none=True, exclude={"logprobs", "message"}).items()))
print(json.dumps(json.loads(completion.choices[0].message.model_dump_json(exclude_none=True)), sort_keys=True))
print(json.dumps(completion.usage.model_dump(exclude_unset=True, exclude_none=True), sort_keys=True))
print(completion.usage.dict(exclude_none=True, exclude_unset=True) == completion.usage.model_dump(exclude_unset=True))
copied = completion.copy(deep=True)
copied.choices[0].message.content = "changed"
print(completion.choices[0].message.content, copied.choices[0].message.content)
print(completion.model_copy(update={"id": "other"}).id, completion == completion.model_copy())
