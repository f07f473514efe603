"""The module's own client."""

import os

import openai

openai.api_key = os.environ["API_KEY"]
openai.base_url = os.environ["OPENAI_BASE_URL"] + "/"
openai.default_headers = {"x-team": "module"}
openai.max_retries = 0

completion = openai.chat.completions.create(
    model="gpt-4o", messages=[{"role": "user", "content": "How do I output all files in a directory using Python?"}]
)
print(completion.choices[0].message.content)
print([model.id for model in openai.models.list()])
openai.default_headers = {"x-team": "other"}
for chunk in openai.chat.completions.create(
    model="gpt-4o", messages=[{"role": "user", "content": "again"}], stream=True
):
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="|")
print()
