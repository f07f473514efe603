"""The attributes of errors, and the base of all of them."""

import anthropic
from anthropic import Anthropic, AnthropicError

client = Anthropic(max_retries=0)
ask = {"model": "claude-opus-4-6", "max_tokens": 64, "messages": [{"role": "user", "content": "hi"}]}
for _ in range(4):
    try:
        client.messages.create(**ask)
    except anthropic.APIStatusError as error:
        print(type(error).__name__, error.status_code, error.request_id, isinstance(error, AnthropicError))
        print(error.body["error"]["type"], error.response.headers["request-id"], isinstance(error.message, str))
