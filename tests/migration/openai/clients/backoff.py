"""A retry loop of the program's own."""

import random
import time

import openai
from openai import OpenAI

client = OpenAI(max_retries=0)


def retry_with_exponential_backoff(func, initial_delay=0.001, exponential_base=2, max_retries=4, errors=(openai.RateLimitError,)):
    def wrapper(*args, **kwargs):
        num_retries = 0
        delay = initial_delay
        while True:
            try:
                return func(*args, **kwargs)
            except errors:
                num_retries += 1
                if num_retries > max_retries:
                    raise Exception(f"Maximum number of retries ({max_retries}) exceeded.") from None
                delay *= exponential_base * (1 + random.random())
                time.sleep(delay)

    return wrapper


@retry_with_exponential_backoff
def completions_with_backoff(**kwargs):
    return client.chat.completions.create(**kwargs)


print(completions_with_backoff(model="gpt-4o-mini", messages=[{"role": "user", "content": "x"}]).choices[0].message.content)
