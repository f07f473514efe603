"""A key appears in no output, is sent to no other origin, and cannot add a header.

The tests use the installed packages and a real socket. They search everything that a program may print of an object for the key. A pickled
client contains it, since the copy must work.
"""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import socket
import subprocess
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from conftest import BROWSER, NODE, PYTHON, ROOT, environment

import trilogue

KEY = "sk-verysecret-1234"
ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
REPLY = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
CHOICE = {"index": 0, "finish_reason": "stop"}
SAID = {"content": "Hello"}
BETRAYED = {"content": f"your key is {KEY}"}


class EchoServer(ThreadingHTTPServer):
    """Gives the answer that the path selects, and repeats the key in every part of it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[str] = []
        # The other origin, to which it redirects. It must receive nothing.
        self.other = socket.create_server(("127.0.0.1", 0))
        self.other.settimeout(0.1)
        self.elsewhere = f"http://127.0.0.1:{self.other.getsockname()[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: EchoServer

    def do_OPTIONS(self) -> None:
        """Allow requests from pages."""
        self.reply(204, "")

    def do_POST(self) -> None:
        """Answer a request."""
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.requests.append(body)
        kind = self.path.split("/")[1]
        stream = "text/event-stream"
        if kind in {"302", "307"}:
            self.reply(int(kind), "", location=f"{self.server.elsewhere}?key={KEY}")
        elif kind in {"401", "500"}:
            fields = {"message": f"{KEY} is wrong", "code": KEY, "param": KEY, "type": KEY, KEY: [KEY], "request": body}
            names = {"x-request-id": KEY, "retry-after": KEY, "x-echo": KEY}
            self.reply(int(kind), json.dumps({"error": fields}), **names)
        elif kind == "forged":
            self.reply(500, json.dumps({"error": {"message": "no\n[INFO] all is well\x1b[2J"}}))
        elif kind == "page":
            self.reply(403, f"<h1>no entry for {KEY}</h1>", "text/html")
        elif kind == "cut":
            chunk = {**REPLY, "choices": [{**CHOICE, "delta": BETRAYED, "finish_reason": None}]}
            self.reply(200, f"data: {json.dumps(chunk)}\n\n", stream)
        elif kind == "stream":
            chunk = {**REPLY, "choices": [{**CHOICE, "delta": SAID}]}
            self.reply(200, f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n", stream)
        else:
            self.reply(200, json.dumps({**REPLY, "choices": [{**CHOICE, "message": SAID}]}))

    def reply(self, status: int, body: str, content_type: str = "application/json", **headers: str) -> None:
        """Send an answer that any page can read."""
        self.send_response(status)
        own = {"access-control-allow-origin": "*", "access-control-allow-headers": "*, authorization"}
        own |= {"content-type": content_type, "content-length": str(len(body.encode()))}
        for name, value in {**own, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture
def echo_server() -> Iterator[EchoServer]:
    """Start the server for one test."""
    with EchoServer() as server, server.other:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def visible_text(thing: object) -> str:
    """Return every text that a Python program can print of an object."""
    texts = [repr(thing), str(thing), f"{thing}"]
    if isinstance(thing, BaseException):
        texts += [*traceback.format_exception(thing), repr(vars(thing)), repr(pickle.loads(pickle.dumps(thing)))]  # noqa: S301
        texts.append(repr(vars(pickle.loads(pickle.dumps(thing)))))  # noqa: S301
    if isinstance(thing, (trilogue.Client, trilogue.AsyncClient)):
        texts.append(repr(vars(thing)))
    return "\n".join(texts)


def failure(act: Callable[[], object]) -> Exception:
    """Return the error of a call that must fail."""
    try:
        act()
    except Exception as error:  # the kind of each is asserted where it is known
        return error
    message = "nothing failed"
    raise AssertionError(message)


def client(base_url: str, **options: Any) -> trilogue.Client:
    """Make a client without retries."""
    return trilogue.Client(**{"base_url": base_url, "api_key": KEY, "max_retries": 0, **options})


def test_results_show_no_key(echo_server: EchoServer) -> None:
    sender = client(f"{echo_server.url}/whole")
    completions = sender.chat.completions
    raw = completions.with_raw_response.create(**ASK)
    reader = client(f"{echo_server.url}/stream")
    stream = reader.chat.completions.create(**ASK, stream=True)
    shown = [sender, sender.chat, completions, sender.messages, sender.models, sender._sender, sender._sender.native]
    shown += [raw, raw.parse(), raw.headers, stream, stream.events, next(stream), stream.get_final_completion(), stream]
    manager = reader.chat.completions.stream(**ASK)
    with manager as events:
        shown += [manager, events, *events, events.current_completion_snapshot]

    async def ask() -> None:
        own = trilogue.AsyncClient(base_url=f"{echo_server.url}/stream", api_key=KEY)
        stream = await own.chat.completions.create(**ASK, stream=True)
        shown.extend([own, own.chat, stream, await anext(stream), stream.events])

    asyncio.run(ask())
    assert "Hello" in "\n".join(map(visible_text, shown))
    assert [visible_text(thing) for thing in shown if KEY in visible_text(thing)] == []


@pytest.mark.parametrize(
    ("path", "kind", "options"),
    [
        ("401", trilogue.AuthenticationError, {}),
        ("401", trilogue.AuthenticationError, {"auth": "x-api-key"}),
        ("401", trilogue.AuthenticationError, {"auth": "body-key"}),
        ("401", trilogue.AuthenticationError, {"api_key": lambda: KEY}),
        ("500", trilogue.InternalServerError, {"max_retries": 1}),
        ("page", trilogue.PermissionDeniedError, {}),
        ("cut", trilogue.IncompleteStreamError, {}),
        ("307", trilogue.APIStatusError, {}),
    ],
)
def test_a_server_error_shows_no_key(
    path: str, kind: type[trilogue.APIError], options: dict[str, Any], echo_server: EchoServer
) -> None:
    sender = client(f"{echo_server.url}/{path}", **options)

    async def ask() -> None:
        own = trilogue.AsyncClient(**{"base_url": sender.base_url, "api_key": KEY, "max_retries": 0, **options})
        async for _ in await own.chat.completions.create(**ASK, stream=True):
            pass

    for act in (
        lambda: sender.chat.completions.create(**ASK, stream=True).until_done(),
        lambda: asyncio.run(ask()),
        *([] if path == "cut" else [lambda: sender.chat.completions.create(**ASK)]),
    ):
        error = failure(act)
        assert type(error) is kind
        assert KEY not in visible_text(error)
        # The server's answer contained the key.
        assert path == "307" or "[redacted]" in visible_text(error)


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"api_key": f"{KEY}\nx: y"}, trilogue.ConfigurationError),
        ({"api_key": [KEY]}, trilogue.ConfigurationError),
        ({"api_key": {KEY: KEY}}, trilogue.ConfigurationError),
        ({"api_key": KEY.encode()}, TypeError),
        ({"api_key": lambda: f"{KEY}\r\nx: y"}, trilogue.ConfigurationError),
        ({"api_key": lambda: KEY.encode()}, TypeError),
        ({"default_headers": {"authorization": f"Bearer {KEY}\nx: y"}}, trilogue.ConfigurationError),
        ({"base_url": f"https://user:{KEY}@127.0.0.1"}, trilogue.ConfigurationError),
        ({"base_url": f"http://127.0.0.1/?key={KEY}"}, trilogue.ConfigurationError),
    ],
)
def test_a_rejected_option_shows_no_key(
    options: dict[str, Any], kind: type[Exception], echo_server: EchoServer
) -> None:
    def ask() -> object:
        return client(**{"base_url": f"{echo_server.url}/whole", **options}).chat.completions.create(**ASK)

    error = failure(ask)
    assert isinstance(error, kind)
    assert KEY not in visible_text(error)
    assert echo_server.requests == []


def test_logs_show_no_key(echo_server: EchoServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for path in ("whole", "stream", "401", "500", "page", "cut", "307"):
        for options in ({}, {"auth": "body-key"}, {"api_key": lambda: KEY}, {"default_query": {"key": KEY}}):
            sender = client(f"{echo_server.url}/{path}", **{"max_retries": 1, "max_retry_after": 1, **options})
            try:
                sender.chat.completions.create(**ASK, stream=True).until_done()
            except trilogue.APIError:
                continue
    lines = [record.getMessage() for record in caplog.records if record.name == "trilogue"]
    # The server's answer contained the key, and the retry was logged.
    assert any("[redacted] is wrong" in line and "retry 1 of 1" in line for line in lines)
    assert any("request id [redacted]" in line for line in lines)
    assert [line for line in lines if KEY in line or "\n" in line or "?" in line] == []
    assert KEY not in caplog.text


def test_server_text_cannot_start_a_log_line(echo_server: EchoServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sender = client(f"{echo_server.url}/forged", max_retries=1)
    failure(lambda: sender.chat.completions.create(**{**ASK, "model": "m\n[CRITICAL] model"}))
    lines = [record.getMessage() for record in caplog.records if record.name == "trilogue"]
    assert any("all is well" in line and line.startswith("[") for line in lines)
    assert [line for line in lines if not line.isprintable()] == []


def test_spans_show_no_key(echo_server: EchoServer) -> None:
    script = (
        "import sys, trilogue\n"
        "from opentelemetry import metrics, trace\n"
        "from opentelemetry.sdk.trace import TracerProvider\n"
        "from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor\n"
        "from opentelemetry.sdk.metrics import MeterProvider\n"
        "from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader\n"
        "provider = TracerProvider()\n"
        "provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))\n"
        "trace.set_tracer_provider(provider)\n"
        "metrics.set_meter_provider(MeterProvider([PeriodicExportingMetricReader(ConsoleMetricExporter())]))\n"
        "url, key = sys.argv[1:]\n"
        "for path in ('whole', 'stream', '401', '500', 'cut'):\n"
        "    for auth in ('bearer', 'body-key'):\n"
        "        client = trilogue.Client(base_url=f'{url}/{path}', api_key=key, auth=auth, max_retries=1)\n"
        "        ask = dict(model='m', messages=[{'role': 'user', 'content': 'Hi'}])\n"
        "        try:\n"
        "            client.chat.completions.create(**ask, stream=True).until_done()\n"
        "        except trilogue.APIError:\n"
        "            pass\n"
    )
    variables = environment("", OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="span_only")
    command = [PYTHON, "-c", script, echo_server.url, KEY]
    ended = subprocess.run(command, env=variables, check=True, capture_output=True, text=True, timeout=60)
    assert ended.stdout.count("[redacted]") > 4
    assert "gen_ai.client.operation.duration" in ended.stdout
    assert KEY not in ended.stdout + ended.stderr


def test_an_unreachable_server_shows_no_key() -> None:
    with socket.socket() as taken:
        # Bound and not listening: no other program gets the port, and connections to it are refused.
        taken.bind(("127.0.0.1", 0))
        sender = client(f"http://127.0.0.1:{taken.getsockname()[1]}", default_query={"key": KEY})
        error = failure(lambda: sender.chat.completions.create(**ASK))
    assert type(error) is trilogue.APIConnectionError
    assert KEY not in visible_text(error)


NODE_START = """
import { inspect } from 'node:util';
import { Client } from 'trilogue';
const [url, key] = process.argv.slice(1);
const ask = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] };
const make = (path, options) => new Client({ baseURL: `${url}/${path}`, apiKey: key, maxRetries: 0, ...options });
const names = [];
const show = (thing) => {
  const hidden = inspect(thing, { depth: Infinity, showHidden: true });
  console.log(inspect(thing, { depth: Infinity }), hidden, JSON.stringify(thing), String(thing), thing.stack);
};
const fail = async (act) => {
  try {
    await act();
    names.push('none');
  } catch (error) {
    names.push(error.name);
    show(error);
    show({ ...error });
  }
};
const send = (path, options) => fail(() => make(path, options).chat.completions.create(ask));
const read = (path, options) =>
  fail(async () => (await make(path, options).chat.completions.create({ ...ask, stream: true })).final());
"""
NODE_END = "console.log(names.join(' '));\n"


def shown_by_node(echo_server: EchoServer, script: str) -> str:
    """Run a script that prints objects, and return its output; its last line names the errors."""
    command = ["node", "--input-type=module", "-e", NODE_START + script + NODE_END, echo_server.url, KEY]
    ended = subprocess.run(
        command, env=environment(""), cwd=NODE, check=False, capture_output=True, text=True, timeout=30
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_results_show_no_key_in_node(echo_server: EchoServer) -> None:
    shown = shown_by_node(
        echo_server,
        "const client = make('whole');\n"
        "const promise = client.chat.completions.create(ask);\n"
        "for (const thing of [client, client.withOptions({ maxRetries: 1 }), make('', { apiKey: () => key })]) show(thing);\n"
        "for (const thing of [promise, await promise, await promise.withResponse()]) show(thing);\n"
        "const stream = await make('stream').chat.completions.create({ ...ask, stream: true });\n"
        "for (const thing of [stream, await stream.next(), await stream.final(), stream]) show(thing);\n"
        "const events = make('stream').chat.completions.stream(ask);\n"
        "for (const thing of [events, await events.next(), await events.final(), events]) show(thing);\n",
    )
    assert "Hello" in shown
    assert KEY not in shown


def test_errors_show_no_key_in_node(echo_server: EchoServer) -> None:
    shown = shown_by_node(
        echo_server,
        "for (const auth of ['bearer', 'x-api-key', 'body-key']) await send('401', { auth });\n"
        "await send('401', { apiKey: async () => key });\n"
        "await read('401');\n"
        "await read('500');\n"
        "await send('page');\n"
        "await read('cut');\n"
        "await send('307');\n"
        "await send('', { baseURL: 'http://127.0.0.1:1', defaultQuery: { key } });\n",
    )
    assert KEY not in shown
    assert shown.count("[redacted] is wrong") > 6
    assert shown.splitlines()[-1].split() == [
        *(["AuthenticationError"] * 5),
        "InternalServerError",
        "PermissionDeniedError",
        "IncompleteStreamError",
        "APIStatusError",
        "APIConnectionError",
    ]


def test_rejected_options_show_no_key_in_node(echo_server: EchoServer) -> None:
    shown = shown_by_node(
        echo_server,
        "await send('whole', { apiKey: `${key}\\nx: y` });\n"
        "await send('whole', { apiKey: [key] });\n"
        "await send('', { baseURL: `http://127.0.0.1/?key=${key}` });\n"
        "await send('whole', { apiKey: () => `${key}\\r\\nx: y` });\n"
        "await send('whole', { apiKey: () => [key] });\n"
        "await send('whole', { defaultHeaders: { authorization: `Bearer ${key}\\nx: y` } });\n"
        "await send('', { baseURL: `https://user:${key}@127.0.0.1` });\n",
    )
    assert KEY not in shown
    assert shown.splitlines()[-1].split() == ["ConfigurationError"] * 7
    assert echo_server.requests == []


def other_origin_is_untouched(echo_server: EchoServer) -> bool:
    """Return whether the other origin received no connection."""
    try:
        echo_server.other.accept()
    except TimeoutError:
        return True
    return False


@pytest.mark.parametrize("status", ["302", "307"])
def test_a_redirect_is_reported_and_not_followed(status: str, echo_server: EchoServer) -> None:
    error = failure(lambda: client(f"{echo_server.url}/{status}").chat.completions.create(**ASK))
    assert isinstance(error, trilogue.APIStatusError)
    assert echo_server.elsewhere in str(error)
    shown = shown_by_node(echo_server, f"await send('{status}');\nawait read('{status}');\n")
    assert shown.count(f"the server redirects to {echo_server.elsewhere};") >= 2
    # A page does not learn the address.
    script = (
        f"const there = client.withOptions({{ baseURL: '{echo_server.url}/{status}', apiKey: '{KEY}', maxRetries: 0 }});\n"
        "const wanted = (error) => { if (!/redirect/.test(error.message)) throw error; };\n"
        "const ask = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] };\n"
        "await there.chat.completions.create(ask).then(() => { throw new Error('no error'); }, wanted);\n"
    )
    command = ["node", str(ROOT / "tests/runners/script.mjs"), script, *BROWSER]
    ended = subprocess.run(
        command, env=environment(echo_server.url), check=False, capture_output=True, text=True, timeout=30, input=""
    )
    assert ended.stdout.strip() == "given up", ended.stderr
    assert len(echo_server.requests) == 4
    assert other_origin_is_untouched(echo_server)


@pytest.mark.parametrize("value", ["a\nb: c", "a\r\nb: c", "a\rb", "a\0b"])
def test_a_header_with_a_line_break_is_rejected(value: str, echo_server: EchoServer) -> None:
    def by_client() -> object:
        return client(f"{echo_server.url}/whole", default_headers={"x": value})

    def by_request() -> object:
        return client(f"{echo_server.url}/whole").chat.completions.create(**ASK, extra_headers={"x": value})

    for act, kind in ((by_client, trilogue.ConfigurationError), (by_request, trilogue.InvalidRequestError)):
        error = failure(act)
        assert isinstance(error, kind)
        assert "x contains a line break" in str(error)
    quoted = json.dumps(value)
    shown = shown_by_node(
        echo_server,
        f"await send('whole', {{ defaultHeaders: {{ x: {quoted} }} }});\n"
        f"await fail(() => make('whole').chat.completions.create(ask, {{ headers: {{ x: {quoted} }} }}));\n",
    )
    assert shown.splitlines()[-1].split() == ["ConfigurationError", "InvalidRequestError"]
    assert echo_server.requests == []
