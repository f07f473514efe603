"""Errors and their fields."""

from openai import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    OpenAI,
    RateLimitError,
)

client = OpenAI(max_retries=0)

for number in range(4):
    try:
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": f"Say {number}"}])
    except RateLimitError as e:
        print("A 429 status code was received; we should back off a bit.", e.code, e.type, e.param)
        print(e.status_code, e.response.status_code, e.response.headers.get("Retry-After"))
    except AuthenticationError as e:
        print("who are you?", e.status_code, e.request_id, isinstance(e, APIStatusError))
    except BadRequestError as e:
        print("bad:", e.code, e.param, e.type, e.response.headers["x-request-id"], e.response.json()["error"]["code"])
    except InternalServerError as e:
        print("theirs:", e.status_code, type(e).__name__)

try:
    OpenAI(base_url="http://127.0.0.1:9", max_retries=0).models.list()
except APIConnectionError as e:
    print("The server could not be reached", type(e).__name__)
