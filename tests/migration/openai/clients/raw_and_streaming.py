"""`with_raw_response` and `with_streaming_response`."""

import json

from openai import OpenAI

client = OpenAI()
ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say this is a test"}]}
response = client.chat.completions.with_raw_response.create(**ask)
print(response.headers.get("X-My-Header"), response.status_code, response.http_response.status_code)
print(json.loads(response.text)["id"], json.loads(response.content)["id"], response.parse().id)

with client.chat.completions.with_streaming_response.create(**ask) as response:
    print(response.headers.get("X-My-Header"), response.status_code, response.request_id)
    for line in response.iter_lines():
        print(json.loads(line)["choices"][0]["message"]["content"])

with client.chat.completions.with_streaming_response.create(**ask) as response:
    print(response.parse().choices[0].message.content, response.retries_taken)

with client.chat.completions.with_streaming_response.create(**ask, stream=True) as response:
    texts = []
    for line in response.iter_lines():
        if line.startswith("data: ") and not line.endswith("[DONE]"):
            chunk = json.loads(line[6:])
            if chunk["choices"]:
                texts.append(chunk["choices"][0]["delta"].get("content") or "")
    print("".join(texts))

raw = client.chat.completions.with_raw_response.create(**ask, stream=True)
print(raw.headers["x-request-id"], "".join(c.choices[0].delta.content or "" for c in raw.parse() if c.choices))
print([model.id for model in client.models.with_raw_response.list().parse()])
