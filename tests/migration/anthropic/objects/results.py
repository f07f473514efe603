"""Messages as dicts and JSON, copied and pickled; headers."""

import copy
import json
import pickle

from anthropic import Anthropic

client = Anthropic()
response = client.messages.with_raw_response.create(
    max_tokens=1024, messages=[{"role": "user", "content": "Hello, Claude"}], model="claude-opus-4-6"
)
print(response.headers.get("X-My-Header"), response.status_code)
message = response.parse()


def sent(fields: dict[str, object]) -> str:
    """Return what the server sent: answers here have their `cost` too."""
    return json.dumps({name: value for name, value in fields.items() if name != "cost"}, sort_keys=True)


print(sent(message.to_dict()))
print(sent(message.model_dump(exclude_none=True)))
print(sent(json.loads(message.to_json())))
print(message.content[1].model_dump(include={"text"}), sorted(message.content[1].to_dict().items()))
print(copy.deepcopy(message) == message, pickle.loads(pickle.dumps(message)) == message)  # noqa: S301
print(type(message).__name__, type(message.content[0]).__name__, type(message.usage).__name__ != "dict")
print([type(block).__name__ for block in message.content])
