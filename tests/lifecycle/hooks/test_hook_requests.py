"""The hooks for requests and responses: what they see and change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import COMPLETION, Server
from hooked import ASK, ASK_MESSAGE, SCHEMA, Seen, both, chunks, kinds, read_with, refusal, send, suspending, whole

import trilogue
from scripted import Scripts
from trilogue import Client, HookRequest


@kinds
def test_changes_of_a_request_are_sent(scripts: Scripts, kind: str) -> None:
    def change(request: HookRequest) -> None:
        request.body["messages"][0]["content"] = "redacted"
        request.body["temperature"] = 0.5
        request.model = "other"
        request.extra_body["tag"] = {"deep": None}
        request.headers["X-Audit"] = "7"
        request.headers["x-default"] = None
        del request.headers["X-Own"]

    script = scripts.chat(whole())
    original = [{"role": "user", "content": "My number is 123"}]
    send(
        kind,
        script.url,
        lambda client: client.chat.completions.create(
            model="m", messages=original, extra_headers={"X-Own": "1"}, max_tokens=5
        ),
        on_request=suspending(change) if kind == "async hooks" else change,
        default_headers={"x-default": "1", "x-kept": "1"},
    )
    (entry,) = script.log()
    assert entry["body"] == {
        "model": "other",
        "messages": [{"role": "user", "content": "redacted"}],
        "max_tokens": 5,
        "temperature": 0.5,
        "tag": {"deep": None},
    }
    names = {name: entry["headers"].get(name) for name in ("x-audit", "x-own", "x-default", "x-kept")}
    assert names == {"x-audit": "7", "x-own": None, "x-default": None, "x-kept": "1"}
    # The program's own objects stay.
    assert original == [{"role": "user", "content": "My number is 123"}]


def test_a_returned_body_replaces_the_request(scripts: Scripts) -> None:
    script = scripts.chat(whole())
    body = {"model": "n", "messages": [{"role": "user", "content": "Bye"}]}
    client = Client(base_url=script.url, on_request=lambda _: body)
    client.chat.completions.create(**ASK, max_tokens=5)
    client.with_options(on_request=lambda request: request).chat.completions.create(**ASK)
    assert script.bodies() == [body, ASK]


def test_a_hook_sees_the_request_that_is_sent(scripts: Scripts) -> None:
    seen = Seen()
    script = scripts.chat(whole(), chunks("a"), whole(body=[COMPLETION.decode().replace("Hello", '{\\"c\\":[]}')]))
    client = Client(base_url=script.url, api_key="sk-secret1", **seen.hooks)
    own = {"authorization": "Bearer sk-secret2", "X-Own": "1"}
    completions = client.chat.completions
    message = completions.create(**ASK, extra_headers=own, extra_body={"b": 1}).choices[0].message
    completions.create(model="m", messages=(each for each in [message]), stream=True, timeout=30).until_done()
    completions.parse(**ASK, response_format=SCHEMA)
    first, second, third = seen.requests
    assert [{**request.body, **request.extra_body} for request in seen.requests] == script.bodies()
    assert (first.endpoint, first.model, first.stream, first.extra_body) == ("chat", "m", False, {"b": 1})
    assert first.headers == {"X-Own": "1"}
    assert (second.stream, type(second.body["messages"][0])) == (True, dict)
    assert third.body["response_format"]["type"] == "json_schema"
    # The key of the program is sent, and no hook sees it.
    assert script.log()[0]["headers"]["authorization"] == "Bearer sk-secret2"
    assert "sk-secret" not in repr([vars(request) for request in seen.requests])


@both
def test_every_endpoint_has_hooks(server: Server, kind: str) -> None:
    seen = Seen()
    calls: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "messages": ("messages.plain", lambda client: client.messages.create(**ASK_MESSAGE)),
        "count_tokens": ("count_tokens.plain", lambda client: client.messages.count_tokens(**ASK)),
        "models": ("models.openai_format", lambda client: client.models.list(limit=2)),
        "models/a/b": ("models.one_openai", lambda client: client.models.retrieve("a/b")),
    }
    for vector, call in calls.values():
        send(kind, server.base_url(vector), call, **seen.hooks)
    assert [request.endpoint for request in seen.requests] == list(calls)
    assert [response.endpoint for response in seen.responses] == list(calls)
    assert seen.requests[2].body == {"limit": 2}


WRONG_CHANGES: dict[str, tuple[Callable[[HookRequest], Any], type[Exception], str]] = {
    "messages": (lambda request: request.body.update(messages="Hi"), trilogue.InvalidRequestError, "messages must be"),
    "a number": (lambda request: request.body.update(seed=float("nan")), trilogue.InvalidRequestError, "seed is NaN"),
    "a misspelling": (lambda request: request.body.update(max_token=1), trilogue.InvalidRequestError, "max_tokens"),
    "an option": (lambda request: request.body.update(timeout=1), trilogue.InvalidRequestError, "timeout is an option"),
    "stream": (lambda request: request.body.update(stream=True), trilogue.InvalidRequestError, "can't change stream"),
    "a header": (lambda request: request.headers.update(a="b\nc"), trilogue.InvalidRequestError, "extra_headers"),
    "a result": (lambda _: "body", TypeError, "on_request must return a body as a dict, or nothing, not a str"),
    "a body": (lambda request: setattr(request, "body", []), TypeError, "body of a request must be a dict, not a list"),
    "read-only": (lambda request: setattr(request, "endpoint", "x"), AttributeError, "endpoint"),
}


@both
@pytest.mark.parametrize("change", WRONG_CHANGES)
def test_a_wrong_change_is_an_error_and_nothing_is_sent(scripts: Scripts, kind: str, change: str) -> None:
    hook, error, message = WRONG_CHANGES[change]
    script = scripts.chat(whole())
    with pytest.raises(error, match=message):
        send(kind, script.url, lambda client: client.chat.completions.create(**ASK), on_request=hook)
    assert script.log() == []


@kinds
def test_responses_of_whole_answers_streams_and_errors(scripts: Scripts, kind: str) -> None:
    seen = Seen(asynchronous=kind == "async hooks")
    script = scripts.chat(whole(), refusal(500), chunks("a"), refusal(403), refusal(403))
    call = lambda client: client.chat.completions.create(**ASK)  # noqa: E731
    send(kind, script.url, call, **seen.hooks)
    stream = lambda client: client.chat.completions.create(**ASK, stream=True)  # noqa: E731
    read_with(kind, stream, script.url, "items", **seen.hooks)
    for method in (call, stream):
        with pytest.raises(trilogue.PermissionDeniedError) as raised:
            send(kind, script.url, method, **seen.hooks)
        assert seen.responses[-1].error is raised.value
    assert [response.status_code for response in seen.responses] == [200, 200, 403, 403]
    assert [response.request_id for response in seen.responses] == ["req_2", "req_1", "req_3", "req_3"]
    assert [response.headers["X-Request-Id"] for response in seen.responses][:2] == ["req_2", "req_1"]
    assert [response.retries_taken for response in seen.responses] == [0, 1, 0, 0]
    assert [response.error is None for response in seen.responses] == [True, True, False, False]
    assert all(response.elapsed > 0 for response in seen.responses)
    assert [response.request for response in seen.responses] == seen.requests
    # Once per call, however often it was sent.
    assert (len(script.log()), len(seen.requests)) == (5, 4)


@both
def test_a_failure_without_a_response_calls_no_hook(kind: str) -> None:
    seen = Seen()
    with pytest.raises(trilogue.APIConnectionError):
        send(
            kind,
            "http://127.0.0.1:9/v1",
            lambda client: client.chat.completions.create(**ASK),
            **seen.hooks,
            max_retries=0,
        )
    assert (len(seen.requests), len(seen.responses)) == (1, 0)
