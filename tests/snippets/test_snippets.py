"""Tests that snippets send the request that they were generated from.

Each snippet runs in a real process against the test server, and the complete request body is compared.
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
from conftest import ANSWER, KEY, TARGETS, TIMEOUT, Route, Server, Target, answer_text, environment

import trilogue
from trilogue._generated import params

CASES = [
    *(("chat", name, stream) for name in CHAT for stream in (False, True)),
    *(("messages", name, stream) for name in MESSAGES for stream in (False, True)),
]

#: Targets that print the text of the answer. cURL prints the response body.
TEXT_TARGETS = [target for target in TARGETS if target.language != "curl"]


def snippet(target: Target, request: dict[str, Any], route: Route | None = None, **options: Any) -> str:
    """Return the snippet of a request for a target and a route."""
    address = {} if route is None else {"base_url": route.url, "key_variable": "MODELSLAB_API_KEY"}
    return trilogue.snippet(
        request,
        language=cast("Any", target.language),
        style=cast("Any", target.style),
        **{**address, **target.options, **options},
    )


def run(target: Target, code: str, folder: Path, **variables: str) -> bytes:
    """Run a snippet, check that it succeeds, and return its output."""
    ended = target.run(code, folder, environment(MODELSLAB_API_KEY=KEY, **variables))
    assert (ended.returncode, ended.stderr) == (0, b""), ended
    return ended.stdout


def is_unsupported(target: Target, name: str) -> bool:
    """Return whether the JavaScript client cannot send the numbers of the request."""
    return (target.language, target.style, name) == ("javascript", "client", "exact")


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize(("endpoint", "name", "stream"), CASES)
def test_snippet_sends_its_request(
    target: Target, endpoint: str, name: str, server: Server, tmp_path: Path, *, stream: bool
) -> None:
    request = (CHAT if endpoint == "chat" else MESSAGES)[name]
    route = server.route(f"{endpoint}-stream" if stream else endpoint)
    options = {"endpoint": endpoint, "stream": stream}
    if is_unsupported(target, name):
        with pytest.raises(trilogue.ConfigurationError, match="set style to http"):
            snippet(target, request, route, **options)
        return
    code = snippet(target, request, route, **options)
    assert KEY not in code
    printed = run(target, code, tmp_path)
    sent_request = route.request()
    assert sent_request["json"] == ({**request, "stream": True} if stream else request)
    assert sent_request["headers"]["authorization"] == f"Bearer {KEY}"
    assert sent_request["headers"]["content-type"] == "application/json"
    assert sent_request["path"].endswith("/v1/messages" if endpoint == "messages" else "/chat/completions")
    assert sent_request["headers"].get("anthropic-version") == ("2023-06-01" if endpoint == "messages" else None)
    assert answer_text(target, printed, endpoint, stream=stream) == ANSWER


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_random_values_are_sent_unchanged(target: Target, server: Server, tmp_path: Path) -> None:
    source = random.Random(str(target))  # noqa: S311  (reproducible)
    # The JSON parser of the Node addon does not keep the last of 16 digits.
    short = (target.language, target.style) == ("javascript", "client")
    values = [random_value(source, short=short) for _ in range(1500)]
    names = {random_name(source): random_value(source, short=short) for _ in range(200)}
    request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "values": values, "names": names}
    route = server.route("chat")
    run(target, snippet(target, request, route), tmp_path)
    assert route.request()["json"] == request


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("auth", ["x-api-key", "body-key"])
def test_key_location_and_model_field(target: Target, auth: str, server: Server, tmp_path: Path) -> None:
    request = CHAT["hostile"]
    route = server.route("chat")
    run(target, snippet(target, request, route, auth=auth, model_field="model_id"), tmp_path)
    sent_request = route.request()
    body = {"model_id" if name == "model" else name: value for name, value in request.items()}
    if auth == "body-key":
        body["key"] = KEY
    assert sent_request["json"] == body
    assert sent_request["headers"].get("x-api-key") == (KEY if auth == "x-api-key" else None)
    assert "authorization" not in sent_request["headers"]


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_secrets_are_read_from_the_environment(target: Target, server: Server, tmp_path: Path) -> None:
    request = {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "key": "secret-1",
        "api_key": "secret-2",
        "tools": [{"type": "mcp", "headers": {"Authorization": "Bearer secret-3"}, "authToken": "secret-4", "key": "shown"}],
    }  # fmt: skip
    route = server.route("chat")
    headers = {
        "Authorization": "Bearer secret-5",
        "key": "secret-6",
        "X-Auth-Token": "secret-7",
        "x-own": 'it\'s $x "y"',
    }
    code = snippet(target, request, route, headers=headers, auth="body-key")
    assert "secret" not in code
    variables = {"AUTHORIZATION": "o'ne", "AUTH_TOKEN": 'tw"o', "X_AUTH_TOKEN": "three"}
    run(target, code, tmp_path, **variables)
    sent_request = route.request()
    tool = {"type": "mcp", "headers": {"Authorization": "Bearer o'ne"}, "authToken": 'tw"o', "key": "shown"}
    assert sent_request["json"] == {**request, "key": KEY, "api_key": KEY, "tools": [tool]}
    seen = {name: sent_request["headers"].get(name) for name in ("authorization", "key", "x-auth-token", "x-own")}
    assert seen == {"authorization": None, "key": KEY, "x-auth-token": "three", "x-own": 'it\'s $x "y"'}


@pytest.mark.parametrize(
    ("target", "stream"),
    # Streams over plain HTTP print only text.
    [(target, stream) for target in TEXT_TARGETS for stream in (False, True) if not stream or target.style == "client"],
    ids=str,
)
@pytest.mark.parametrize("endpoint", ["chat", "messages"])
def test_tool_calls_are_printed(target: Target, endpoint: str, server: Server, tmp_path: Path, *, stream: bool) -> None:
    route = server.route(f"{endpoint}-calls" + ("-stream" if stream else ""))
    request = (CHAT if endpoint == "chat" else MESSAGES)["tools"]
    printed = run(target, snippet(target, request, route, endpoint=endpoint, stream=stream), tmp_path)
    first, call = printed.decode().splitlines()
    assert first == ""
    assert json.loads(call)["id"] == "c1"


@pytest.mark.parametrize("target", [target for target in TARGETS if target.style == "http"], ids=str)
def test_base_url_with_special_characters(target: Target, server: Server, tmp_path: Path) -> None:
    route = server.route("chat")
    address = {"base_url": f"{route.url}/it's$(id)${{HOME}}[1-3]{{a,b}}", "key_variable": "MODELSLAB_API_KEY"}
    run(target, snippet(target, CHAT["typical"], **address), tmp_path)
    path = urllib.parse.unquote(route.request()["path"])
    assert path.endswith("/it's$(id)${HOME}[1-3]{a,b}/chat/completions")


def test_key_in_the_request_body_selects_the_auth_option() -> None:
    request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "key": "secret"}
    code = trilogue.snippet(request)
    assert 'Client(auth="body-key")' in code
    assert "secret" not in code


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_count_tokens(target: Target, server: Server, tmp_path: Path) -> None:
    route = server.route("count_tokens")
    request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "system": "x"}
    printed = run(target, snippet(target, request, route, endpoint="count_tokens", stream=True), tmp_path)
    assert route.request()["json"] == request
    assert answer_text(target, printed, "count_tokens", stream=False) == "15"


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("stream", [False, True])
def test_missing_key_is_reported(target: Target, tmp_path: Path, *, stream: bool) -> None:
    code = snippet(
        target, {**CHAT["typical"], "stream": stream}, base_url="http://example.invalid", key_variable="MY_KEY"
    )
    ended = target.run(code, tmp_path, environment())
    assert ended.returncode != 0
    assert b"MY_KEY" in ended.stderr + ended.stdout, ended


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("stream", [False, True])
def test_error_response_fails(target: Target, server: Server, tmp_path: Path, *, stream: bool) -> None:
    code = snippet(target, CHAT["typical"], server.route("error"), stream=stream)
    ended = target.run(code, tmp_path, environment(MODELSLAB_API_KEY=KEY))
    assert ended.returncode != 0
    assert b"the key is wrong" in ended.stderr + ended.stdout, ended


@pytest.mark.parametrize("target", TEXT_TARGETS, ids=str)
def test_error_in_a_stream_fails(target: Target, server: Server, tmp_path: Path) -> None:
    code = snippet(target, CHAT["typical"], server.route("error-in-stream"), stream=True)
    ended = target.run(code, tmp_path, environment(MODELSLAB_API_KEY=KEY))
    assert ended.returncode != 0
    assert b"the key is wrong" in ended.stderr + ended.stdout, ended


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_local_server_needs_no_key(target: Target, server: Server, tmp_path: Path) -> None:
    route = server.route("chat")
    code = snippet(target, CHAT["typical"], base_url=route.url)
    ended = target.run(code, tmp_path, environment())
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert "authorization" not in route.request()["headers"]


def test_client_snippets_type_check(tmp_path: Path) -> None:
    number = 0
    for target in TARGETS[:2]:
        for endpoint, name, stream in CASES:
            # These take too long to check.
            if name not in ("long", "exact"):
                request = (CHAT if endpoint == "chat" else MESSAGES)[name]
                code = snippet(target, request, endpoint=endpoint, stream=stream)
                (tmp_path / f"snippet_{number}.py").write_text(code, encoding="utf-8")
                number += 1
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "."]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT * 5, check=False)
    assert ended.returncode == 0, ended.stdout
    assert f"no issues found in {number} source files" in ended.stdout


@pytest.mark.parametrize("endpoint", ["chat", "messages", "count_tokens"])
def test_known_parameters_are_keyword_arguments(endpoint: str) -> None:
    options: dict[str, Any] = {
        "chat": params.ChatOptions,
        "messages": params.MessagesOptions,
        "count_tokens": params.CountTokensOptions,
    }
    sent = {
        name
        for name in options[endpoint].__annotations__
        if name not in {"timeout", "max_retries", "budget", "betas", "on_cut"}
    }
    sent = {name for name in sent if not name.startswith(("extra_", "first_", "idle_"))}
    # The core validates the values of these parameters.
    sent -= {"functions", "modalities", "stop", "stop_sequences", "tools"}
    messages = [{"role": "user", "content": "Hi"}]
    request = {"model": "m", "messages": messages, **dict.fromkeys(sent, 1), "unknown": 2, "top_k_": 3}
    code = trilogue.snippet(request, endpoint=cast("Any", endpoint))
    assert all(f"\n    {name}=1,\n" in code for name in sent)
    assert '\n    extra_body={"unknown": 2, "top_k_": 3},\n' in code


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"language": "ruby"}, "ConfigurationError", "python, javascript, curl or php"),
        ({"style": "grpc"}, "ConfigurationError", "client or http"),
        ({"language": "php", "style": "client"}, "ConfigurationError", "no client for php"),
        ({"language": "curl", "asynchronous": True}, "ConfigurationError", "asynchronous is only for Python"),
        ({"page": True}, "ConfigurationError", "page is only for JavaScript"),
        ({"key_variable": "sk-123"}, "ConfigurationError", "and not a key"),
        ({"base_url": "example.com"}, "ConfigurationError", "no scheme"),
        ({"headers": {"a": "b\nc: d"}}, "ConfigurationError", "line break"),
        ({"endpoint": "models"}, "ConfigurationError", "chat, messages and count_tokens"),
        ({"endpoint": "messages"}, "InvalidRequestError", "max_tokens is missing"),
    ],
)
def test_invalid_options_are_rejected(options: dict[str, Any], kind: str, message: str) -> None:
    with pytest.raises(trilogue.APIError, match=message) as caught:
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
def test_invalid_requests_are_rejected(request_: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        trilogue.snippet(request_)


def test_lone_surrogates_are_replaced() -> None:
    codes = [
        trilogue.snippet({"model": "m", "messages": [{"role": "user", "content": content}]})
        for content in ("a\ud83eb", "a\ufffdb")
    ]
    assert codes[0] == codes[1]


def test_invisible_characters_are_escaped() -> None:
    request = {"model": "m", "messages": [{"role": "user", "content": text} for text in HOSTILE]}
    for target in TARGETS:
        code = snippet(target, request)
        assert not set(code) & set("\0\x1b\x7f\x85\xa0\u200b\u2028\u2029\u202e\u2066\ufeff"), target
        assert "שלום" in code, target
