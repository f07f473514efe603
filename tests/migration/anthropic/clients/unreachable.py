"""A server that can't be reached, a timeout, and `with_options`."""

import anthropic
from anthropic import Anthropic

ask = {"model": "claude-opus-4-6", "max_tokens": 64, "messages": [{"role": "user", "content": "hi"}]}
client = Anthropic(max_retries=0)
try:
    client.with_options(timeout=0.2).messages.create(**ask)
except anthropic.APITimeoutError as error:
    print("timeout", isinstance(error, anthropic.APIConnectionError), isinstance(error, anthropic.APIError))
try:
    client.copy(base_url="http://127.0.0.1:9").messages.create(**ask)
except anthropic.APIConnectionError as error:
    print("unreachable", isinstance(error, anthropic.APIStatusError), bool(str(error)))
