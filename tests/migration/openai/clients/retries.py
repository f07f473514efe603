"""Timeouts, retries, and options for some requests."""

from openai import APITimeoutError, InternalServerError, OpenAI

client = OpenAI(timeout=20.0, max_retries=2, default_headers={"X-Team": "blue"})

# The first two answers are errors that pass.
completion = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])
print(completion.choices[0].message.content)

try:
    client.with_options(max_retries=0).chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], extra_headers={"X-Trace": "abc"}
    )
except InternalServerError as e:
    print(e.status_code)

try:
    client.with_options(timeout=0.3, max_retries=0).chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": "Hi"}],
        extra_body={"top_a": 0.5},
        extra_query={"version": "2"},
    )
except APITimeoutError as e:
    print("too slow", type(e).__name__)
