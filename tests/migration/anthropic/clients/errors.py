"""Errors and their fields."""

import anthropic
from anthropic import Anthropic

client = Anthropic(max_retries=0)

for _ in range(4):
    try:
        client.messages.create(
            max_tokens=1024, messages=[{"role": "user", "content": "Hello"}], model="claude-opus-4-6"
        )
    except anthropic.RateLimitError as e:
        print("A 429 status code was received; we should back off a bit.", e.response.headers.get("retry-after"))
        print(e.body["error"]["type"])
    except anthropic.NotFoundError as e:
        print("not found", e.status_code, e.request_id, e.body["error"]["message"])
    except (anthropic.OverloadedError, anthropic.RequestTooLargeError) as e:
        print("Another non-200-range status code was received", e.status_code, isinstance(e, anthropic.APIStatusError))
        print(e.response.status_code, e.response.json()["type"])

try:
    Anthropic(base_url="http://127.0.0.1:9", max_retries=0).models.list()
except anthropic.APIConnectionError as e:
    print("The server could not be reached", type(e).__name__)
