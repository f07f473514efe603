"""Errors whose body is examined before it is used."""

import openai
from openai import OpenAI

client = OpenAI(max_retries=0)
calls = [
    lambda: client.models.list(),
    lambda: client.models.retrieve("this-model-does-not-exist"),
    lambda: client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}], temperature=9.0),
]
for call in calls:
    try:
        call()
    except (openai.AuthenticationError, openai.NotFoundError, openai.BadRequestError) as e:
        print(type(e).__name__, f"Status code: {e.status_code}")
        if isinstance(e.body, dict) and "message" in e.body:
            print(f"Error message: {e.body['message']}")
        print(f"Request ID: {e.request_id}", isinstance(e, openai.OpenAIError))
