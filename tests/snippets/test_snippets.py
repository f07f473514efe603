"""Snippets send the request that they were made from: each one is run, and the received request is compared.

The tests use real processes and sockets, and compare whole bodies.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import urllib.parse
from pathlib import Path
from typing import Any, cast

import pytest
from cases import CHAT, HOSTILE, MESSAGES, random_name, random_value
from conftest import ANSWER, KEY, LONG, TARGETS, Place, Server, Target, environment, said

import trilogue
from trilogue._generated import params

CASES = [
    *(("chat", name, stream) for name in CHAT for stream in (False, True)),
    *(("messages", name, stream) for name in MESSAGES for stream in (False, True)),
]

#: Those that show an answer's text; cURL shows what came.
SHOWN = [target for target in TARGETS if target.language != "curl"]


def written(target: Target, request: dict[str, Any], place: Place | None = None, **options: Any) -> str:
    """Return a snippet for a server."""
    where = {} if place is None else {"base_url": place.url, "key_variable": "MODELSLAB_API_KEY"}
    return trilogue.snippet(
        request,
        language=cast("Any", target.language),
        style=cast("Any", target.style),
        **{**where, **target.options, **options},
    )


def run(target: Target, code: str, folder: Path, **variables: str) -> bytes:
    """Run a snippet that succeeds, and return what it printed."""
    ended = target.run(code, folder, environment(MODELSLAB_API_KEY=KEY, **variables))
    assert (ended.returncode, ended.stderr) == (0, b""), ended
    return ended.stdout


def is_refused(target: Target, name: str) -> bool:
    """Whether JavaScript's client can't send the request."""
    return (target.language, target.style, name) == ("javascript", "client", "exact")


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize(("endpoint", "name", "stream"), CASES)
def test_a_snippet_sends_its_request(
    target: Target, endpoint: str, name: str, server: Server, tmp_path: Path, *, stream: bool
) -> None:
    request = (CHAT if endpoint == "chat" else MESSAGES)[name]
    place = server.place(f"{endpoint}-stream" if stream else endpoint)
    options = {"endpoint": endpoint, "stream": stream}
    if is_refused(target, name):
        with pytest.raises(trilogue.ConfigurationError, match="set style to http"):
            written(target, request, place, **options)
        return
    code = written(target, request, place, **options)
    assert KEY not in code
    printed = run(target, code, tmp_path)
    came = place.request()
    assert came["sent"] == ({**request, "stream": True} if stream else request)
    assert came["headers"]["authorization"] == f"Bearer {KEY}"
    assert came["headers"]["content-type"] == "application/json"
    assert came["path"].endswith("/v1/messages" if endpoint == "messages" else "/chat/completions")
    assert came["headers"].get("anthropic-version") == ("2023-06-01" if endpoint == "messages" else None)
    assert said(target, printed, endpoint, stream=stream) == ANSWER


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_any_value_is_sent_as_it_is(target: Target, server: Server, tmp_path: Path) -> None:
    source = random.Random(str(target))  # noqa: S311  (a sequence that stays)
    # The addon under the client reads the JSON that JavaScript writes, and the last of 16 digits not exactly.
    short = (target.language, target.style) == ("javascript", "client")
    values = [random_value(source, short=short) for _ in range(1500)]
    names = {random_name(source): random_value(source, short=short) for _ in range(200)}
    request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "values": values, "names": names}
    place = server.place("chat")
    run(target, written(target, request, place), tmp_path)
    assert place.request()["sent"] == request


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("auth", ["x-api-key", "body-key"])
def test_the_key_goes_where_the_endpoint_wants_it(target: Target, auth: str, server: Server, tmp_path: Path) -> None:
    request = CHAT["hostile"]
    place = server.place("chat")
    run(target, written(target, request, place, auth=auth, model_field="model_id"), tmp_path)
    came = place.request()
    body = {"model_id" if name == "model" else name: value for name, value in request.items()}
    if auth == "body-key":
        body["key"] = KEY
    assert came["sent"] == body
    assert came["headers"].get("x-api-key") == (KEY if auth == "x-api-key" else None)
    assert "authorization" not in came["headers"]


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_what_looks_like_a_key_comes_from_the_environment(target: Target, server: Server, tmp_path: Path) -> None:
    request = {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "key": "secret-1",
        "api_key": "secret-2",
        "tools": [{"type": "mcp", "headers": {"Authorization": "Bearer secret-3"}, "authToken": "secret-4", "key": "shown"}],
    }  # fmt: skip
    place = server.place("chat")
    headers = {
        "Authorization": "Bearer secret-5",
        "key": "secret-6",
        "X-Auth-Token": "secret-7",
        "x-own": 'it\'s $x "y"',
    }
    code = written(target, request, place, headers=headers, auth="body-key")
    assert "secret" not in code
    variables = {"AUTHORIZATION": "o'ne", "AUTH_TOKEN": 'tw"o', "X_AUTH_TOKEN": "three"}
    run(target, code, tmp_path, **variables)
    came = place.request()
    tool = {"type": "mcp", "headers": {"Authorization": "Bearer o'ne"}, "authToken": 'tw"o', "key": "shown"}
    assert came["sent"] == {**request, "key": KEY, "api_key": KEY, "tools": [tool]}
    seen = {name: came["headers"].get(name) for name in ("authorization", "key", "x-auth-token", "x-own")}
    assert seen == {"authorization": None, "key": KEY, "x-auth-token": "three", "x-own": 'it\'s $x "y"'}


@pytest.mark.parametrize(
    ("target", "stream"),
    # Streams in plain HTTP show texts alone.
    [(target, stream) for target in SHOWN for stream in (False, True) if not stream or target.style == "client"],
    ids=str,
)
@pytest.mark.parametrize("endpoint", ["chat", "messages"])
def test_calls_are_shown(target: Target, endpoint: str, server: Server, tmp_path: Path, *, stream: bool) -> None:
    place = server.place(f"{endpoint}-calls" + ("-stream" if stream else ""))
    request = (CHAT if endpoint == "chat" else MESSAGES)["tools"]
    printed = run(target, written(target, request, place, endpoint=endpoint, stream=stream), tmp_path)
    first, call = printed.decode().splitlines()
    assert first == ""
    assert json.loads(call)["id"] == "c1"


@pytest.mark.parametrize("target", [target for target in TARGETS if target.style == "http"], ids=str)
def test_an_address_may_hold_anything(target: Target, server: Server, tmp_path: Path) -> None:
    place = server.place("chat")
    where = {"base_url": f"{place.url}/it's$(id)${{HOME}}[1-3]{{a,b}}", "key_variable": "MODELSLAB_API_KEY"}
    run(target, written(target, CHAT["usual"], **where), tmp_path)
    path = urllib.parse.unquote(place.request()["path"])
    assert path.endswith("/it's$(id)${HOME}[1-3]{a,b}/chat/completions")


def test_a_key_in_the_body_is_how_it_is_sent() -> None:
    request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "key": "secret"}
    code = trilogue.snippet(request)
    assert 'Client(auth="body-key")' in code
    assert "secret" not in code


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_tokens_are_counted(target: Target, server: Server, tmp_path: Path) -> None:
    place = server.place("count_tokens")
    request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "system": "x"}
    printed = run(target, written(target, request, place, endpoint="count_tokens", stream=True), tmp_path)
    assert place.request()["sent"] == request
    assert said(target, printed, "count_tokens", stream=False) == "15"


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("stream", [False, True])
def test_a_missing_key_is_said(target: Target, tmp_path: Path, *, stream: bool) -> None:
    code = written(
        target, {**CHAT["usual"], "stream": stream}, base_url="http://example.invalid", key_variable="MY_KEY"
    )
    ended = target.run(code, tmp_path, environment())
    assert ended.returncode != 0
    assert b"MY_KEY" in ended.stderr + ended.stdout, ended


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_of_the_server_is_an_error(target: Target, server: Server, tmp_path: Path, *, stream: bool) -> None:
    code = written(target, CHAT["usual"], server.place("refused"), stream=stream)
    ended = target.run(code, tmp_path, environment(MODELSLAB_API_KEY=KEY))
    assert ended.returncode != 0
    assert b"the key is wrong" in ended.stderr + ended.stdout, ended


@pytest.mark.parametrize("target", SHOWN, ids=str)
def test_an_error_in_a_stream_is_an_error(target: Target, server: Server, tmp_path: Path) -> None:
    code = written(target, CHAT["usual"], server.place("broken-stream"), stream=True)
    ended = target.run(code, tmp_path, environment(MODELSLAB_API_KEY=KEY))
    assert ended.returncode != 0
    assert b"the key is wrong" in ended.stderr + ended.stdout, ended


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_a_server_on_this_machine_needs_no_key(target: Target, server: Server, tmp_path: Path) -> None:
    place = server.place("chat")
    code = written(target, CHAT["usual"], base_url=place.url)
    ended = target.run(code, tmp_path, environment())
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert "authorization" not in place.request()["headers"]


def test_snippets_of_the_client_have_the_right_types(tmp_path: Path) -> None:
    number = 0
    for target in TARGETS[:2]:
        for endpoint, name, stream in CASES:
            # What is said there is hostile, and takes long to check.
            if name not in ("long", "exact"):
                request = (CHAT if endpoint == "chat" else MESSAGES)[name]
                code = written(target, request, endpoint=endpoint, stream=stream)
                (tmp_path / f"snippet_{number}.py").write_text(code, encoding="utf-8")
                number += 1
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "."]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=LONG * 5, check=False)
    assert ended.returncode == 0, ended.stdout
    assert f"no issues found in {number} source files" in ended.stdout


@pytest.mark.parametrize("endpoint", ["chat", "messages", "count_tokens"])
def test_arguments_that_create_names_are_arguments(endpoint: str) -> None:
    kinds: dict[str, Any] = {
        "chat": params.ChatOptions,
        "messages": params.MessagesOptions,
        "count_tokens": params.CountTokensOptions,
    }
    sent = {name for name in kinds[endpoint].__annotations__ if name not in {"timeout", "max_retries", "budget"}}
    sent = {name for name in sent if not name.startswith(("extra_", "first_", "idle_"))}
    # Of these the core knows the form.
    sent -= {"functions", "modalities", "stop", "stop_sequences", "tools"}
    messages = [{"role": "user", "content": "Hi"}]
    request = {"model": "m", "messages": messages, **dict.fromkeys(sent, 1), "unknown": 2, "top_k_": 3}
    code = trilogue.snippet(request, endpoint=cast("Any", endpoint))
    assert all(f"\n    {name}=1,\n" in code for name in sent)
    assert '\n    extra_body={"unknown": 2, "top_k_": 3},\n' in code


@pytest.mark.parametrize(
    ("options", "kind", "says"),
    [
        ({"language": "ruby"}, "ConfigurationError", "python, javascript, curl or php"),
        ({"style": "grpc"}, "ConfigurationError", "client or http"),
        ({"language": "php", "style": "client"}, "ConfigurationError", "no client for php"),
        ({"language": "curl", "asynchronous": True}, "ConfigurationError", "asynchronous is for Python"),
        ({"page": True}, "ConfigurationError", "page is for JavaScript"),
        ({"key_variable": "sk-123"}, "ConfigurationError", "no key belongs there"),
        ({"base_url": "example.com"}, "ConfigurationError", "http://"),
        ({"headers": {"a": "b\nc: d"}}, "ConfigurationError", "line break"),
        ({"endpoint": "models"}, "ConfigurationError", "chat, messages and count_tokens"),
        ({"endpoint": "messages"}, "InvalidRequestError", "max_tokens is missing"),
    ],
)
def test_what_cannot_be_written_is_refused(options: dict[str, Any], kind: str, says: str) -> None:
    with pytest.raises(trilogue.APIError, match=says) as caught:
        trilogue.snippet({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}, **options)
    assert type(caught.value).__name__ == kind


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        ({"model": "m", "messages": []}, trilogue.InvalidRequestError),
        ({"messages": ["x"]}, trilogue.InvalidRequestError),
        ({"model": "m", "messages": [1 << 64]}, trilogue.InvalidRequestError),
        ({"model": "m", "messages": [float("nan")]}, trilogue.InvalidRequestError),
    ],
)
def test_requests_that_cannot_be_sent_are_refused(request_: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        trilogue.snippet(request_)


def test_half_of_a_character_is_written_as_it_is_sent() -> None:
    codes = [
        trilogue.snippet({"model": "m", "messages": [{"role": "user", "content": content}]})
        for content in ("a\ud83eb", "a\ufffdb")
    ]
    assert codes[0] == codes[1]


def test_unseen_characters_are_written_as_numbers() -> None:
    request = {"model": "m", "messages": [{"role": "user", "content": text} for text in HOSTILE]}
    for target in TARGETS:
        code = written(target, request)
        assert not set(code) & set("\0\x1b\x7f\x85\xa0\u200b\u2028\u2029\u202e\u2066\ufeff"), target
        assert "שלום" in code, target
