"""Options of the client, of a copy and of a request."""

from anthropic import NOT_GIVEN, Anthropic

client = Anthropic(default_headers={"x-team": "a"}, timeout=20.0, max_retries=0)
ask = {"model": "claude-opus-4-6", "max_tokens": 64, "messages": [{"role": "user", "content": "hi"}]}
print(client.messages.create(**ask, system=NOT_GIVEN, tools=NOT_GIVEN).id)
print(client.with_options(max_retries=5, default_headers={"x-team": "b"}).messages.create(**ask).id)
print(client.messages.create(**ask, extra_headers={"x-trace": "t"}, extra_query={"q": "1"}, extra_body={"new": [1]}).id)
print(client.copy(max_retries=3).max_retries, client.max_retries)
