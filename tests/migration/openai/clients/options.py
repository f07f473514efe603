"""Options of the client, of a copy and of a request."""

from openai import OpenAI

client = OpenAI(default_headers={"x-team": "a"}, default_query={"api-version": "1"}, timeout=20.0, max_retries=1)
ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
print(client.chat.completions.create(**ask).id, client.timeout, client.max_retries)
other = client.with_options(max_retries=5, default_headers={"x-team": "b"})
print(other.chat.completions.create(**ask).id, other.max_retries, client.max_retries)
print(client.copy(timeout=3).timeout)
print(
    client.chat.completions.create(
        **ask,
        extra_headers={"x-trace": "t"},
        extra_query={"debug": "yes"},
        extra_body={"my_field": {"a": 1}, "repetition_penalty": 1.1},
    ).id
)
print(
    client.with_options(timeout=5).chat.completions.create(**ask, timeout=4.0).id,
    str(client.base_url).startswith("http"),
)
