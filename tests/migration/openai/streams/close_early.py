"""A stream that is left early, as a context manager and by hand."""

from openai import OpenAI

client = OpenAI()
ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
with client.chat.completions.create(**ask, stream=True) as stream:
    for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            print(chunk.choices[0].delta.content)
            break
stream = client.chat.completions.create(**ask, stream=True)
print(next(stream).choices[0].delta.role, stream.response.status_code, stream.response.headers["x-request-id"])
stream.close()
