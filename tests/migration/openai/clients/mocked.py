"""A program's own tests: a mocked method, and errors and results that are made by hand."""

from types import SimpleNamespace
from unittest.mock import MagicMock, patch

import openai
from openai import OpenAI
from openai.types.chat import ChatCompletion

client = OpenAI()
ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
completion = ChatCompletion.model_validate(
    {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "mocked"}}],
    }
)
with patch.object(client.chat.completions, "create", MagicMock(return_value=completion)) as create:
    print(client.chat.completions.create(**ask).choices[0].message.content, create.call_count)
response = SimpleNamespace(status_code=429, headers={"x-request-id": "req_9"}, request=None)
error = openai.RateLimitError("slow down", response=response, body={"code": "rate", "type": "t", "param": None})
with patch.object(client.chat.completions, "create", side_effect=error):
    try:
        client.chat.completions.create(**ask)
    except openai.RateLimitError as caught:
        print(caught.status_code, caught.code, caught.body["code"], caught.message, caught.response.status_code)
print(client.chat.completions.create(**ask).choices[0].message.content)
