"""`with_raw_response` and `with_streaming_response`."""

import json

from anthropic import Anthropic, Timeout

client = Anthropic(timeout=Timeout(60.0, connect=2.0))
ask = {"model": "claude-opus-4-6", "max_tokens": 64, "messages": [{"role": "user", "content": "hi"}]}
response = client.messages.with_raw_response.create(**ask)
print(response.headers.get("X-My-Header"), response.status_code, response.parse().content[0].text)
with client.messages.with_streaming_response.create(**ask) as response:
    print(response.headers.get("X-My-Header"))
    for line in response.iter_lines():
        print(json.loads(line)["content"][0]["text"])
with client.messages.with_streaming_response.create(**ask) as response:
    print(json.loads(response.text())["id"], json.loads(response.read())["role"])
with client.messages.with_streaming_response.create(**ask, stream=True) as response:
    print([line for line in response.iter_lines() if line.startswith("event: ") and "ping" not in line])
