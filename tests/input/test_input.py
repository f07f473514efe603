"""Tests of input validation: rejected requests and their messages, accepted requests, and redaction in errors."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import Any

import pytest
from conftest import ASK, CASES, reply

import trilogue
from scripted import Scripts
from trilogue import AsyncClient, Client, ConfigurationError, Conversation, InvalidRequestError

UNREACHABLE = "http://127.0.0.1:1"


def send(client: Client, endpoint: str, fields: dict[str, Any]) -> Any:
    """Send a request to an endpoint."""
    request = {**ASK, **fields}
    if endpoint == "chat":
        return client.chat.completions.create(**request)
    if endpoint == "messages":
        return client.messages.create(max_tokens=5, **request)
    return client.messages.count_tokens(**request)


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["about"])
def test_invalid_requests_are_rejected(case: dict[str, Any], serve: Scripts) -> None:
    script = serve(reply())
    with pytest.raises(InvalidRequestError) as caught:
        send(Client(base_url=script.url), case["endpoint"], case["fields"])
    assert caught.value.message == case["python"]
    assert caught.value.param == case["param"]
    assert script.log() == []

    async def call() -> None:
        await AsyncClient(base_url=script.url).chat.completions.create(**{**ASK, **case["fields"]}, stream=True)

    if case["endpoint"] == "chat":
        with pytest.raises(InvalidRequestError) as caught:
            asyncio.run(call())
        assert caught.value.message == case["python"]


@pytest.mark.parametrize("case", CASES["clients"], ids=lambda case: case["about"])
def test_addresses_and_keys_are_checked_at_creation(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MODELSLAB_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in case["environment"].items():
        monkeypatch.setenv(name, value)
    if "python" not in case:
        Client(base_url=case["base_url"]).close()
        return
    with pytest.raises(ConfigurationError) as caught:
        Client(base_url=case["base_url"])
    assert caught.value.message == case["python"]


@pytest.mark.parametrize("name", CASES["passing"])
def test_provider_parameters_are_sent(name: str, serve: Scripts) -> None:
    script = serve(reply())
    value = ["a"] if name == "stop_sequences" else "a"
    Client(base_url=script.url).chat.completions.create(**ASK, **{name: value})
    assert script.bodies()[0][name] == value


def test_extra_body_sends_misspelled_parameters(serve: Scripts) -> None:
    script = serve(reply())
    Client(base_url=script.url).chat.completions.create(**ASK, extra_body={"max_token": 5, "maxTokens": 6})
    assert (script.bodies()[0]["max_token"], script.bodies()[0]["maxTokens"]) == (5, 6)


def test_messages_may_be_any_iterable(serve: Scripts) -> None:
    script = serve(reply())
    client = Client(base_url=script.url)
    for messages in (tuple(ASK["messages"]), iter(ASK["messages"]), (one for one in ASK["messages"])):
        client.chat.completions.create(model="m", messages=messages)
    assert [body["messages"] for body in script.bodies()] == [ASK["messages"]] * 3


@pytest.mark.parametrize("given", ["hi", {"role": "user", "content": "hi"}, 5])
def test_messages_and_tools_must_be_lists_everywhere(given: Any) -> None:
    client = Client(base_url=UNREACHABLE, max_retries=0)
    for call in (
        lambda: client.chat.completions.run_tools(model="m", messages=given, tools=[]).until_done(),
        lambda: client.chat.completions.parse(model="m", messages=given, response_format=list[int]),
        lambda: Conversation(messages=given),
        lambda: client.chat.completions.estimate(model="m", messages=given),
    ):
        with pytest.raises(InvalidRequestError, match=r"messages must be a list, not an? (str|dict|int|number)"):
            call()
    for call in (
        lambda: client.chat.completions.run_tools(**ASK, tools=given).until_done(),
        lambda: Conversation(tools=given),
    ):
        with pytest.raises(InvalidRequestError, match="tools must be a list, not a "):
            call()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize(
    ("fields", "path"),
    [
        (lambda number: {"temperature": number}, "temperature"),
        (lambda number: {"messages": [{"role": "user", "content": [{"x": number}]}]}, "messages[0].content[0].x"),
        (lambda number: {"extra_body": {"a": [number]}}, "extra_body.a[0]"),
        (lambda number: {"metadata": {"a": number}}, "metadata.a"),
    ],
)
def test_non_finite_numbers_are_rejected(number: float, fields: Any, path: str, serve: Scripts) -> None:
    script = serve(reply())
    with pytest.raises(InvalidRequestError) as caught:
        Client(base_url=script.url).chat.completions.create(**{**ASK, **fields(number)})
    assert caught.value.message == f"{path} is {str(number).replace('nan', 'NaN')}; pass a finite number"
    assert caught.value.param == path
    assert script.log() == []


def test_invalid_options_are_named() -> None:
    for options, message in [
        ({"timeout": float("nan")}, "timeout is NaN; pass a finite number"),
        ({"timeout": "5"}, "timeout must be a number"),
        ({"base_url": 5}, "base_url must be a str"),
        ({"timeout": 0}, "timeout must be a positive number of seconds, not 0"),
        ({"idle_timeout": -1.5}, "idle_timeout must be a positive number of seconds, not -1.5"),
        ({"default_headers": "x"}, "default_headers must be a dict"),
        ({"default_query": "x"}, "default_query must be a dict"),
        ({"budget": ["x" * 1000]}, "budget must be an amount of dollars"),
    ]:
        with pytest.raises(ConfigurationError) as caught:
            Client(**{"base_url": UNREACHABLE, **options})
        assert caught.value.message.startswith(message)
        assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    "name",
    [
        "content-length",
        "Transfer-Encoding",
        "HOST",
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "http2-settings",
    ],
)
def test_connection_headers_are_rejected(name: str, serve: Scripts) -> None:
    script = serve(reply())
    message = f"{name.lower()} is set by the connection"
    with pytest.raises(ConfigurationError, match=f"default_headers: {message}"):
        Client(base_url=script.url, default_headers={name: "5"})
    with pytest.raises(InvalidRequestError, match=f"extra_headers: {message}"):
        Client(base_url=script.url).chat.completions.create(**ASK, extra_headers={name: "5"})
    for pseudo in (":authority", ":path", "a b", ""):
        with pytest.raises(InvalidRequestError, match="extra_headers: invalid header name"):
            Client(base_url=script.url).chat.completions.create(**ASK, extra_headers={pseudo: "5"})
    assert script.log() == []


def test_messages_about_deep_or_cyclic_values_are_short(serve: Scripts) -> None:
    script = serve(reply())
    client = Client(base_url=script.url)
    loop: dict[str, Any] = {}
    loop["a_rather_long_name"] = loop
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    for content in (loop, deep, {"k" * 10_000: float("nan")}):
        with pytest.raises(InvalidRequestError) as caught:
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": content}])
        assert caught.value.message.startswith("messages[0].content")
        assert len(caught.value.message) < 300
        assert len(caught.value.param or "") < 300
    with pytest.raises(TypeError) as rejected:
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": {("k" * 10_000,): 1}}])
    assert len(str(rejected.value)) < 400
    assert script.log() == []


def test_placeholder_keys_are_not_redacted(serve: Scripts) -> None:
    for key in ("test", "ollama", "EMPTY", "lm-studio"):
        message = f"the latest {key} of {key}s is {key}"
        script = serve(reply(400, message=message, hint=key))
        with pytest.raises(trilogue.BadRequestError) as caught:
            Client(base_url=script.url, api_key=key).chat.completions.create(**ASK)
        assert caught.value.message.startswith(message)
        assert caught.value.body == {"error": {"message": message, "hint": key}}


def test_only_headers_with_secrets_are_redacted(serve: Scripts) -> None:
    script = serve(reply(400, message="azure-openai, orangutans, sk-123456789, session-of-mine, url-secret-1"))
    client = Client(
        base_url=script.url,
        default_headers={
            "x-portkey-provider": "azure-openai",
            "x-monkey": "orangutans",
            "X-Goog-Api-Key": "sk-123456789",
        },
    )
    with pytest.raises(trilogue.BadRequestError) as caught:
        client.chat.completions.create(
            **ASK, extra_headers={"cookie": "theme=dark; session=session-of-mine"}, extra_query={"key": "url-secret-1"}
        )
    assert caught.value.message.startswith("azure-openai, orangutans, [redacted], [redacted], [redacted]")


def test_client_hides_its_key_and_can_be_copied(serve: Scripts) -> None:
    script = serve(reply())
    key = "sk-verysecret-1234"
    client = Client(base_url=script.url, api_key=key, default_headers={"x-api-key": key}, proxy="")
    for one in (client, copy.copy(client), pickle.loads(pickle.dumps(client))):  # noqa: S301
        assert key not in repr(vars(one))
        assert key not in "".join(repr(vars(part)) for part in vars(one).values() if hasattr(part, "__dict__"))
        one.chat.completions.create(**ASK)
    assert [entry["headers"]["authorization"] for entry in script.log()] == [f"Bearer {key}"] * 3
