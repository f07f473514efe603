"""`Timeout` objects, of the package and of a request."""

import openai
from openai import OpenAI, Timeout

client = OpenAI(timeout=Timeout(30.0, connect=5.0, read=20.0, write=10.0), max_retries=0)
ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
print(client.chat.completions.create(**ask).choices[0].message.content)
print(client.with_options(timeout=5 * 1000).chat.completions.create(**ask).choices[0].message.content)
print(client.chat.completions.create(**ask, timeout=Timeout(10.0)).choices[0].message.content)
try:
    client.chat.completions.create(**ask, timeout=Timeout(0.2))
except openai.APITimeoutError as error:
    print("timed out", isinstance(error, openai.APIConnectionError), isinstance(error, openai.OpenAIError))
