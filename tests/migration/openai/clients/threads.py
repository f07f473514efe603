"""A client in several threads."""

from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI

client = OpenAI()


def ask(number: int) -> str:
    completion = client.chat.completions.create(model="m", messages=[{"role": "user", "content": str(number)}])
    return completion.choices[0].message.content


with ThreadPoolExecutor(4) as pool:
    print(list(pool.map(ask, range(6))))
