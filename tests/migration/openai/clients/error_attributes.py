"""The attributes of an `APIStatusError`."""

import openai
from openai import OpenAI, OpenAIError

client = OpenAI(max_retries=0)
ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
for kind in (openai.RateLimitError, openai.BadRequestError, openai.NotFoundError, openai.InternalServerError):
    try:
        client.chat.completions.create(**ask)
    except openai.APIStatusError as error:
        print(type(error) is kind, error.status_code, error.code, error.type, error.param, error.request_id)
        print(
            error.response.status_code,
            error.response.headers.get("x-request-id"),
            error.response.json()["error"]["type"],
        )
        print(
            error.body["type"], error.body.get("code"), isinstance(error.message, str), isinstance(error, OpenAIError)
        )
try:
    OpenAI(api_key=None, base_url="http://127.0.0.1:9/v1", max_retries=0).chat.completions.create(**ask)
except openai.APIConnectionError as error:
    print("The server could not be reached", error.__cause__ is not error)
