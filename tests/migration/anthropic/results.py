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

print(json.dumps(message.to_dict(), sort_keys=True))
print(json.dumps(message.model_dump(exclude_none=True), sort_keys=True))
print(json.dumps(json.loads(message.to_json()), sort_keys=True))
print(message.content[1].model_dump(include={"text"}), sorted(message.content[1].to_dict().items()))
print(copy.deepcopy(message) == message, pickle.loads(pickle.dumps(message)) == message)  # noqa: S301
print(type(message).__name__, type(message.content[0]).__name__, type(message.usage).__name__ != "dict")
print([type(block).__name__ for block in message.content])
