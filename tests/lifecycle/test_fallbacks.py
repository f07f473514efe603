"""Fallbacks of a client: which endpoint gets a call, with which key, and when an endpoint's circuit breaker is open. The vectors have the table of faults."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from conftest import BROWSER, COMPLETION, NODE, ROOT, environment

from scripted import Scripts
from trilogue import AsyncClient, Client, ConfigurationError, InternalServerError, InvalidRequestError

REQUEST: Any = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
ANSWER = {"headers": {"content-type": "application/json"}, "body": [COMPLETION.decode()]}
DOWN = {"status": 503, "headers": {"content-type": "application/json"}, "body": ['{"error": {"message": "down"}}']}


def run_javascript(runtime: str, script: str, base_url: str) -> None:
    """Run a script that has `client` and `Client`, in Node or in a page. It fails by an exception."""
    variables = environment(base_url)
    if runtime == "browser":
        command = ["node", str(ROOT / "tests/runners/script.mjs"), script, *BROWSER]
    else:
        start = "import { Client } from 'trilogue';\nconst client = new Client();\n"
        command = ["node", "--input-type=module", "-e", start + script]
        if runtime == "node wasm":
            variables["TRILOGUE_BINDING"] = "wasm"
    ended = subprocess.run(
        command, env=variables, cwd=NODE, check=False, capture_output=True, text=True, timeout=60, input=""
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("runtime", ["python", "node", "node wasm", "browser"])
def test_an_endpoint_that_keeps_failing_rests(runtime: str, scripts: Scripts) -> None:
    down, other = scripts.chat(DOWN), scripts.chat(ANSWER)
    if runtime == "python":
        with Client(base_url=down.url, max_retries=0, fallbacks=[{"base_url": other.url}]) as client:
            for _ in range(8):
                assert client.chat.completions.create(**REQUEST).choices[0].message.content == "Hello"
    else:
        script = f"""
        const fallbacks = [{{ baseURL: {json.dumps(other.url)} }}];
        const all = new Client({{ baseURL: client.baseURL, maxRetries: 0, fallbacks }});
        for (let call = 0; call < 8; call++) {{
            const {{ attempts }} = await all.chat.completions.create({json.dumps(REQUEST)});
            const expected = call < 5 ? 2 : 1;
            if (attempts.length !== expected) throw new Error(`call ${{call}}: ${{JSON.stringify(attempts)}}`);
        }}
        """
        run_javascript(runtime, script.replace("client.baseURL", json.dumps(down.url)), down.url)
    assert (len(down.log()), len(other.log())) == (5, 8)


def test_keys_and_headers_of_the_client_are_not_sent_to_another_url(scripts: Scripts) -> None:
    down, other = scripts.chat(DOWN), scripts.chat(ANSWER)
    client = Client(
        base_url=down.url,
        api_key="sk-first-1234567890",
        default_headers={"x-team": "a"},
        default_query={"version": "1"},
        max_retries=0,
        fallbacks=[{"base_url": other.url, "api_key": "sk-second-1234567890"}],
    )
    client.chat.completions.create(**REQUEST, extra_headers={"x-trace": "t", "x-auth-token": "secret-1234567890"})
    (entry,) = other.log()
    assert entry["headers"]["authorization"] == "Bearer sk-second-1234567890"
    assert entry["headers"]["x-trace"] == "t"
    assert not entry["headers"].keys() & {"x-team", "x-auth-token"}
    assert "version" not in entry["path"]
    assert "sk-first" not in json.dumps(entry)


@pytest.mark.parametrize("runtime", ["python", "node", "node wasm"])
def test_the_key_of_the_environment_is_not_sent_to_another_server(runtime: str, scripts: Scripts) -> None:
    key = "sk-environment-1234567890"
    first, other = scripts.chat(DOWN, DOWN), scripts.chat(ANSWER)
    name = "base_url" if runtime == "python" else "baseURL"
    fallbacks = json.dumps([{"model": "n"}, {name: other.url}])
    if runtime == "python":
        arguments = f"base_url={first.url!r}, max_retries=0, fallbacks={fallbacks}"
        program = f"from trilogue import Client\nClient({arguments}).chat.completions.create(**{REQUEST!r})\n"
        command = [sys.executable, "-c", program]
    else:
        options = f"{{ baseURL: {json.dumps(first.url)}, maxRetries: 0, fallbacks: {fallbacks} }}"
        program = f"import {{ Client }} from 'trilogue';\nconst client = new Client({options});\n"
        program += f"await client.chat.completions.create({json.dumps(REQUEST)});\n"
        command = ["node", "--input-type=module", "-e", program]
    variables = environment(first.url) | {"MODELSLAB_API_KEY": key}
    if runtime == "node wasm":
        variables["TRILOGUE_BINDING"] = "wasm"
    subprocess.run(command, env=variables, cwd=NODE, check=True, timeout=60, input="", text=True)
    assert [entry["headers"]["authorization"] for entry in first.log()] == [f"Bearer {key}"] * 2
    (entry,) = other.log()
    assert key not in json.dumps(entry)


def test_another_model_of_the_same_endpoint_has_the_clients_key(scripts: Scripts) -> None:
    server = scripts.chat(DOWN, ANSWER)
    client = Client(
        base_url=server.url, api_key=lambda: "sk-first-1234567890", max_retries=0, fallbacks=[{"model": "n"}]
    )
    client.chat.completions.create(**REQUEST)
    assert [entry["headers"]["authorization"] for entry in server.log()] == ["Bearer sk-first-1234567890"] * 2
    assert [body["model"] for body in server.bodies()] == ["m", "n"]


@pytest.mark.parametrize("form", ["client", "with a model"])
def test_a_client_stands_for_its_options(form: str, scripts: Scripts) -> None:
    down, other = scripts.chat(DOWN), scripts.chat(ANSWER)
    second = Client(base_url=other.url, api_key="sk-second-1234567890", default_headers={"x-team": "b"})
    fallback: Any = second if form == "client" else {"client": second, "model": "n"}
    client = Client(base_url=down.url, api_key="sk-first-1234567890", max_retries=0, fallbacks=[fallback])
    client.chat.completions.create(**REQUEST)
    (entry,) = other.log()
    assert (entry["headers"]["authorization"], entry["headers"]["x-team"]) == ("Bearer sk-second-1234567890", "b")
    assert entry["body"]["model"] == ("m" if form == "client" else "n")


def test_attempts_are_objects_with_amounts(scripts: Scripts) -> None:
    body = json.loads(COMPLETION)
    body["usage"] = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
    server = scripts.chat(DOWN, {**ANSWER, "body": [json.dumps(body)]})
    prices = {"m": {"input": "1", "output": "2"}}
    client = Client(base_url=server.url, max_retries=0, prices=prices, fallbacks=[{"base_url": server.url + "/other"}])
    reply = client.chat.completions.create(**REQUEST)
    assert reply.attempts is not None
    first, second = reply.attempts
    assert (first.error, first.status, first.cost) == ("InternalServerError", 503, None)
    assert first.message is not None
    assert "down" in first.message
    assert (second.error, second.base_url, second.model) == (None, server.url + "/other", "m")
    assert (second.input_tokens, second.output_tokens, second.cost) == (10, 2, Decimal("0.000014"))
    assert client.spent.total == Decimal("0.000014")


def test_an_error_lists_its_attempts_without_fallbacks_too(scripts: Scripts) -> None:
    retried = {**DOWN, "headers": {**DOWN["headers"], "retry-after-ms": "1"}}
    client = Client(base_url=scripts.chat(retried).url, max_retries=2)
    with pytest.raises(InternalServerError) as raised:
        client.chat.completions.create(**REQUEST)
    assert [attempt.status for attempt in raised.value.attempts] == [503] * 3
    assert raised.value.retries_taken == 2


def test_a_request_that_a_fallback_cannot_express_is_refused_before_it_is_sent(scripts: Scripts) -> None:
    server = scripts.chat(ANSWER)
    client = Client(base_url=server.url, fallbacks=[{"model": "claude", "format": "messages"}])
    with pytest.raises(InvalidRequestError, match=r"fallbacks\[0\].*logprobs"):
        client.chat.completions.create(**REQUEST, logprobs=True)
    assert server.log() == []


WRONG: list[tuple[Any, str]] = [
    ("m", "fallbacks must be a list"),
    (["m"], r"fallbacks\[0\]: must be a client, or options"),
    ([{"model": "n"}, {}], r"fallbacks\[1\]: needs base_url, model or api_key"),
    ([{"base_url": "example.test"}], r'fallbacks\[0\].*"https://example.test"'),
    ([{"base_url": "https://example.test"}], r"fallbacks\[0\].*no API key for example.test"),
    ([{"modell": "n"}], r'fallbacks\[0\]: unknown option "modell"; did you mean "model"\?'),
    ([{"model": 1}], r"fallbacks\[0\]: model must be a str"),
    ([{"model": "n", "format": "gemini"}], r"fallbacks\[0\]: format must be chat or messages"),
    ([{"model": "n", "timeout": 0}], r"fallbacks\[0\]: timeout must be a positive number of seconds"),
    (
        [Client(base_url="http://localhost:1", api_key=lambda: "k")],
        r"fallbacks\[0\]: api_key of a fallback must be a string",
    ),
]


@pytest.mark.parametrize(("fallbacks", "reason"), WRONG, ids=[reason for _, reason in WRONG])
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_wrong_fallbacks_are_refused(kind: Any, fallbacks: Any, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODELSLAB_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match=reason):
        kind(base_url="http://localhost:1", fallbacks=fallbacks)


@pytest.mark.parametrize("runtime", ["node", "node wasm"])
def test_wrong_fallbacks_are_refused_in_the_terms_of_javascript(runtime: str) -> None:
    script = r"""
    const cases = [
        [["m"], /fallbacks\[0\]: must be a client, or options/],
        [[{}], /fallbacks\[0\]: needs baseURL, model or apiKey/],
        [[{ model: "n", firstTokenTimeout: 0 }], /fallbacks\[0\]: firstTokenTimeout must be a positive number of milliseconds/],
        [[{ model: "n", max_retries: 1 }], /fallbacks\[0\]: unknown option/],
        [[new Client({ baseURL: "http://localhost:1", apiKey: () => "k" })], /fallbacks\[0\]: apiKey of a fallback must be a string/],
    ];
    for (const [fallbacks, reason] of cases) {
        try {
            new Client({ fallbacks });
        } catch (error) {
            if (error.name === "ConfigurationError" && reason.test(error.message)) continue;
            throw error;
        }
        throw new Error(`accepted ${JSON.stringify(fallbacks)}`);
    }
    """
    run_javascript(runtime, script, "http://localhost:1")


def test_a_fallback_has_the_key_that_its_client_has_then(scripts: Scripts) -> None:
    down, spare = scripts.chat(DOWN), scripts.chat(ANSWER)
    other = Client(base_url=spare.url, api_key="sk-first-12345")
    other.api_key = "sk-second-12345"
    client = Client(base_url=down.url, max_retries=0, fallbacks=[other])
    client.chat.completions.create(**REQUEST)
    assert spare.log()[0]["headers"]["authorization"] == "Bearer sk-second-12345"
    other.api_key = lambda: "sk-third-12345"  # type: ignore[assignment,method-assign]
    with pytest.raises(ConfigurationError, match="api_key of a fallback must be a string"):
        client.with_options(fallbacks=[other])


def test_a_transport_of_the_program_sends_to_all_endpoints() -> None:
    urls: list[str] = []

    def transport(method: str, url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        del method, headers, body
        urls.append(url)
        status = 503 if "first" in url else 200
        return status, {"content-type": "application/json"}, COMPLETION if status == 200 else b"{}"

    client = Client(
        base_url="https://first.test/v1",
        api_key="k",
        transport=transport,
        max_retries=0,
        fallbacks=[{"base_url": "https://second.test/v1", "api_key": "k"}],
    )
    assert client.chat.completions.create(**REQUEST).choices[0].message.content == "Hello"
    assert urls == ["https://first.test/v1/chat/completions", "https://second.test/v1/chat/completions"]


@pytest.mark.parametrize(
    ("fallback", "option"),
    [
        ({"model": "n", "connect_timeout": 1.0}, "connect_timeout"),
        (Client(base_url="http://localhost:1", proxy=""), "proxy"),
    ],
)
def test_a_transport_of_the_program_refuses_options_of_connections_in_fallbacks(fallback: Any, option: str) -> None:
    def transport(method: str, url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        raise AssertionError((method, url, headers, body))

    with pytest.raises(ConfigurationError, match=rf"fallbacks\[0\]: {option} has no effect on your transport"):
        Client(base_url="http://localhost:1", transport=transport, fallbacks=[fallback])


def test_calls_after_the_end_of_a_client_fail_at_every_endpoint(scripts: Scripts) -> None:
    first, spare = scripts.chat(DOWN), scripts.chat(ANSWER)
    client = Client(base_url=first.url, max_retries=0, fallbacks=[{"base_url": spare.url}])
    client.chat.completions.create(**REQUEST)
    client.close()
    with pytest.raises(RuntimeError, match="the client was closed"):
        client.chat.completions.create(**REQUEST)
    assert (len(first.log()), len(spare.log())) == (1, 1)
