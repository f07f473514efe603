"""A retry loop of the program's own."""

import time
from collections.abc import Callable
from typing import Any

import openai
from openai import OpenAI

client = OpenAI(max_retries=0)


def retry_with_exponential_backoff(
    func: Callable[..., Any],
    initial_delay: float = 0.001,
    exponential_base: float = 2,
    max_retries: int = 4,
    errors: tuple[type[Exception], ...] = (openai.RateLimitError,),
) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        num_retries = 0
        delay = initial_delay
        while True:
            try:
                return func(*args, **kwargs)
            except errors:
                num_retries += 1
                print("retrying")
                if num_retries > max_retries:
                    raise Exception(f"Maximum number of retries ({max_retries}) exceeded.") from None
                delay *= exponential_base
                time.sleep(delay)

    return wrapper


@retry_with_exponential_backoff
def completions_with_backoff(**kwargs: Any) -> Any:
    return client.chat.completions.create(**kwargs)


print(completions_with_backoff(model="m", messages=[{"role": "user", "content": "x"}]).choices[0].message.content)
