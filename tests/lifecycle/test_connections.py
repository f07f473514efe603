"""Connections that servers close, and unusual heads, over real sockets, in Python and Node.

Rule: a request that a server can't have processed is sent again at once and spends no retry. What isn't an answer ends with a typed error.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable

import pytest
from conftest import COMPLETION, NODE, PYTHON, environment
from forwarders import RawServer, receive_request

import trilogue


def answer(headers: bytes = b"") -> bytes:
    """Return an answer whose head keeps the connection open."""
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n%bcontent-length: %d\r\n\r\n%b" % (
        headers,
        len(COMPLETION),
        COMPLETION,
    )


def ask(client: trilogue.Client) -> str | None:
    """Return the text of a whole reply."""
    return (
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])
        .choices[0]
        .message.content
    )


def test_closing_after_each_answer_uses_no_retries() -> None:
    def respond(connection: socket.socket) -> None:
        if receive_request(connection):
            connection.sendall(answer())

    observed = 0
    with RawServer(respond) as server:
        client = trilogue.Client(base_url=server.url, max_retries=1)
        for _ in range(300):
            response = client.chat.completions.with_raw_response.create(
                model="m", messages=[{"role": "user", "content": "Hi"}]
            )
            observed += response.retries_taken
    assert observed == 0


def answers_then(
    last: Callable[[socket.socket], object],
) -> Callable[[socket.socket], None]:
    """Answer the first request of a connection, and pass later ones to a function."""

    def respond(connection: socket.socket) -> None:
        receive_request(connection)
        connection.sendall(answer())
        if receive_request(connection):
            last(connection)

    return respond


def test_a_stale_connection_is_replaced_at_once() -> None:
    with RawServer(answers_then(lambda _: None)) as server:
        client = trilogue.Client(base_url=server.url, max_retries=1)
        outcomes = [
            client.chat.completions.with_raw_response.create(model="m", messages=[{"role": "user", "content": "Hi"}])
            for _ in range(4)
        ]
        assert [outcome.retries_taken for outcome in outcomes] == [0] * 4
        # The second and the third call each used a connection that ended.
        assert server.connections == 4


def test_a_received_request_is_sent_once_without_retries() -> None:
    with RawServer(answers_then(lambda _: None)) as server:
        client = trilogue.Client(base_url=server.url, max_retries=0)
        assert ask(client) == "Hello"
        with pytest.raises(trilogue.APIConnectionError):
            ask(client)
        assert server.connections == 1


def test_a_connection_broken_in_the_head_is_not_stale() -> None:
    with RawServer(answers_then(lambda connection: connection.sendall(b"HTTP/1.1 200"))) as server:
        client = trilogue.Client(base_url=server.url, max_retries=1)
        assert ask(client) == "Hello"
        outcome = client.chat.completions.with_raw_response.create(
            model="m", messages=[{"role": "user", "content": "Hi"}]
        )
        assert outcome.retries_taken == 1


#: Each prints a line after the first answer, waits for a line, and prints the outcome of the second request.
TWO_CALLS = {
    "python": [
        PYTHON,
        "-c",
        "import trilogue\n"
        "client = trilogue.Client(max_retries=0)\n"
        "def ask():\n"
        "    try:\n"
        "        reply = client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': 'Hi'}])\n"
        "        return reply.choices[0].message.content\n"
        "    except trilogue.APIError as error:\n"
        "        return repr(error)\n"
        "print(ask(), flush=True)\n"
        "input()\n"
        "print(ask())\n",
    ],
    "python async": [
        PYTHON,
        "-c",
        "import asyncio, trilogue\n"
        "client = trilogue.AsyncClient(max_retries=0)\n"
        "async def ask():\n"
        "    try:\n"
        "        reply = await client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': 'Hi'}])\n"
        "        return reply.choices[0].message.content\n"
        "    except trilogue.APIError as error:\n"
        "        return repr(error)\n"
        "async def main():\n"
        "    print(await ask(), flush=True)\n"
        "    input()\n"
        "    print(await ask())\n"
        "asyncio.run(main())\n",
    ],
    "node": [
        "node",
        "--input-type=module",
        "-e",
        "import { readSync } from 'node:fs';\n"
        "import { Client } from 'trilogue';\n"
        "const client = new Client({ maxRetries: 0 });\n"
        "const ask = async () => {\n"
        "  try {\n"
        "    const reply = await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] });\n"
        "    return reply.choices[0].message.content;\n"
        "  } catch (error) {\n"
        "    return String(error);\n"
        "  }\n"
        "};\n"
        "console.log(await ask());\n"
        "readSync(0, Buffer.alloc(8));\n"
        "console.log(await ask());\n",
    ],
}


@pytest.mark.parametrize("runtime", TWO_CALLS)
def test_a_request_after_suspension_uses_a_new_connection(runtime: str) -> None:
    is_frozen = threading.Event()
    is_closed = threading.Event()

    def respond(connection: socket.socket) -> None:
        receive_request(connection)
        connection.sendall(answer())
        is_frozen.wait(30)
        connection.close()
        is_closed.set()

    with RawServer(respond) as server:
        program = subprocess.Popen(
            TWO_CALLS[runtime],
            env=environment(server.url),
            cwd=NODE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stdout.readline() == "Hello\n"
        os.kill(program.pid, signal.SIGSTOP)
        # The signal stops all threads before the client can notice the closed connection.
        os.waitid(os.P_PID, program.pid, os.WSTOPPED | os.WNOWAIT)
        is_frozen.set()
        assert is_closed.wait(30)
        program.stdin.write("\n")
        program.stdin.flush()
        os.kill(program.pid, signal.SIGCONT)
        rest, _ = program.communicate(timeout=30)
    assert (rest, program.returncode) == ("Hello\n", 0)


def sending(head: bytes) -> Callable[[socket.socket], None]:
    """Answer each request with these bytes."""

    def respond(connection: socket.socket) -> None:
        while receive_request(connection):
            connection.sendall(head)

    return respond


LIMIT = 64 * 1024


def filler(total: int) -> bytes:
    """Return headers of `total` bytes, including the two that every answer here has."""
    own = len(b"content-typeapplication/jsoncontent-length") + len(str(len(COMPLETION)))
    missing = total - own
    lines = []
    while missing > 0:
        name = b"x-filler-%02d" % len(lines)
        value = b"v" * min(missing - len(name), 4000)
        # The remainder must be long enough for a header.
        if 0 < missing - len(name) - len(value) <= len(name):
            value = value[: -2 * len(name)]
        lines.append(b"%b: %b\r\n" % (name, value))
        missing -= len(name) + len(value)
    return b"".join(lines)


def test_headers_of_64_kib_are_accepted() -> None:
    with RawServer(sending(answer(filler(LIMIT)))) as server:
        assert ask(trilogue.Client(base_url=server.url, max_retries=0)) == "Hello"


@pytest.mark.parametrize("size", [LIMIT + 1, 4 * LIMIT, 16 * LIMIT])
def test_longer_headers_are_a_typed_error(size: int) -> None:
    with RawServer(sending(answer(filler(size)))) as server:
        client = trilogue.Client(base_url=server.url, max_retries=0)
        with pytest.raises(trilogue.LimitExceededError, match="headers"):
            ask(client)


def test_too_many_headers_are_a_typed_error() -> None:
    with RawServer(sending(answer(b"x-a: b\r\n" * 200))) as server:
        client = trilogue.Client(base_url=server.url, max_retries=0)
        with pytest.raises(trilogue.LimitExceededError, match="headers"):
            ask(client)


def test_informational_responses_are_skipped() -> None:
    early = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
        * 100
    )
    with RawServer(sending(early + answer())) as server:
        assert ask(trilogue.Client(base_url=server.url, max_retries=0)) == "Hello"


def test_endless_informational_responses_are_a_typed_error() -> None:
    has_ended = threading.Event()

    def respond(connection: socket.socket) -> None:
        receive_request(connection)
        try:
            while True:
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        except OSError:
            has_ended.set()

    with RawServer(respond) as server:
        client = trilogue.Client(base_url=server.url, max_retries=0)
        with pytest.raises(trilogue.LimitExceededError, match="informational"):
            ask(client)
        # The connection is closed, also if nothing waits for it.
        assert has_ended.wait(30)


def test_chunked_encoding_overrides_a_content_length() -> None:
    body = (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    body += b"%x\r\n%b\r\n0\r\n\r\n" % (len(COMPLETION), COMPLETION)
    with RawServer(sending(body)) as server:
        client = trilogue.Client(base_url=server.url, max_retries=0)
        assert [ask(client), ask(client)] == ["Hello", "Hello"]
