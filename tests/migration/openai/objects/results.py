"""Results as dicts and JSON, copied and pickled."""

import copy
import json
import pickle

from openai import OpenAI

client = OpenAI()
completion = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])


def sent(fields: dict[str, object]) -> str:
    """Return what the server sent: answers here have their `cost` too."""
    return json.dumps({name: value for name, value in fields.items() if name != "cost"}, sort_keys=True)


print(sent(completion.to_dict()))
print(sent(json.loads(completion.to_json())))
print(sent(completion.model_dump(exclude_unset=True)))
print(sent(completion.model_dump(mode="json", exclude_none=True)))
print(json.loads(completion.model_dump_json(include={"id", "model"})))
print(completion.model_dump(include={"choices": {0: {"message": {"content"}}}}))
print(sorted(completion.model_dump(exclude={"choices", "cost", "usage"}, exclude_unset=True)))
print(completion.model_dump()["choices"][0]["message"]["tool_calls"])
print(completion.model_dump_json(include={"id": True, "usage": {"total_tokens"}}, indent=2))
print(completion.usage.to_json(exclude_none=True) == completion.usage.model_dump_json(indent=2, exclude_unset=True))

print(copy.deepcopy(completion) == completion, pickle.loads(pickle.dumps(completion)) == completion)  # noqa: S301
other = completion.model_copy(update={"model": "another"})
print(other.model, completion.model, other == completion, type(other).__name__)
print(completion.citations, completion.model_extra)
print("id" in completion.model_fields_set, dict(completion)["id"])
rebuilt = type(completion).model_validate(completion.to_dict())
print(rebuilt == completion, rebuilt.choices[0].message.content)

messages = [{"role": "user", "content": "Hi"}]
messages.append(completion.choices[0].message.to_dict())
messages.append({"role": "user", "content": "Bye"})
print(client.chat.completions.create(model="gpt-4o", messages=messages).choices[0].message.content)
