"""The ways in which HTTP/2 servers end connections and streams: GOAWAY and resets.

The tests use a real TLS server that offers only HTTP/2, and the installed packages, which trust it through `SSL_CERT_FILE`. Each connection
follows a plan of its own.
"""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.errors
import h2.events
import pytest
import trustme
from conftest import NODE, PYTHON, environment


def event(delta: dict[str, str], finish_reason: str | None = None) -> bytes:
    """Return an event of a streamed completion."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    fields = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(fields)}\n\n".encode()


FIRST = event({"content": "a"})
REST = event({"content": "b"}) + event({}, "stop") + b"data: [DONE]\n\n"


class Connection:
    """A connection, for use by a plan."""

    def __init__(self, tls: ssl.SSLSocket, requests: list[str]) -> None:
        self.tls = tls
        self.requests = requests
        self.http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.http.initiate_connection()
        self.flush()

    def flush(self) -> None:
        """Send the pending bytes."""
        self.tls.sendall(self.http.data_to_send())

    def until(self, kind: type[h2.events.Event]) -> Any:
        """Wait for an event of the client."""
        while received := self.tls.recv(65536):
            found = [event for event in self.http.receive_data(received) if isinstance(event, kind)]
            self.flush()
            if found:
                return found[0]
        message = f"the connection ended before {kind.__name__}"
        raise ConnectionError(message)

    def request(self) -> int:
        """Wait for a request; return its stream's number."""
        number: int = self.until(h2.events.StreamEnded).stream_id
        self.requests.append(str(self.tls.selected_alpn_protocol()))
        return number

    def begin(self, number: int) -> None:
        """Send the head of an answer and its first event, in one write: all of it has arrived when a fault follows."""
        self.http.send_headers(number, [(":status", "200"), ("content-type", "text/event-stream")])
        self.http.send_data(number, FIRST)
        self.flush()

    def finish(self, number: int) -> None:
        """Send the rest of an answer."""
        self.http.send_data(number, REST, end_stream=True)
        self.flush()

    def goaway(self, last: int) -> None:
        """Send GOAWAY, which names the last stream that will be answered."""
        self.http.close_connection(last_stream_id=last)
        self.flush()


Plan = Callable[[Connection], None]


def answer(connection: Connection) -> None:
    """Answer as a server should."""
    number = connection.request()
    connection.begin(number)
    connection.finish(number)


class Server:
    """Serves only HTTP/2: a client that doesn't offer it gets no connection."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.trusted = folder / "authority.pem"
        authority.cert_pem.write_to_path(self.trusted)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.set_alpn_protocols(["h2"])
        authority.issue_cert("localhost").configure_cert(self.context)
        self.listener = socket.create_server(("127.0.0.1", 0))
        #: The protocol of each request, in their order.
        self.requests: list[str] = []
        self.plans: list[Plan] = []
        #: Notes of the plans for their test.
        self.seen: list[str] = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        """Run one plan for each connection, and drop the connection at its end."""
        while True:
            try:
                accepted, _ = self.listener.accept()
            except OSError:
                return
            try:
                with self.context.wrap_socket(accepted, server_side=True) as tls:
                    self.plans.pop(0)(Connection(tls, self.requests))
                    # Closing at once would reset the connection, and discard bytes that the client has not received yet.
                    tls.shutdown(socket.SHUT_WR)
                    tls.settimeout(2)
                    while tls.recv(65536):
                        pass
            except (OSError, IndexError) as why:
                self.seen.append(repr(why))

    def outcomes(self, runtime: str, calls: int, *plans: Plan) -> list[Any]:
        """Run a program that streams `calls` answers one after the other; return the outcome of each."""
        self.plans = list(plans)
        variables = environment(f"https://localhost:{self.listener.getsockname()[1]}", SSL_CERT_FILE=str(self.trusted))
        ended = subprocess.run(
            [*PROGRAMS[runtime], str(calls)],
            env=variables,
            cwd=NODE,
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert ended.returncode == 0, ended.stderr
        assert set(self.requests) == {"h2"}, self.seen
        outcomes: list[Any] = json.loads(ended.stdout)
        return outcomes


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Start a server for one test."""
    running = Server(tmp_path)
    yield running
    running.listener.close()


#: Each prints for every call: the error's name or none, the received text, the number of retries.
PROGRAMS = {
    "python": [
        PYTHON,
        "-c",
        "import json, sys, trilogue\n"
        "client = trilogue.Client()\n"
        "def ask():\n"
        "    try:\n"
        "        stream = client.chat.completions.create(\n"
        "            model='m', messages=[{'role': 'user', 'content': 'Hi'}], stream=True)\n"
        "        return [None, stream.get_final_text(), stream.retries_taken]\n"
        "    except trilogue.APIError as error:\n"
        "        text = error.partial and error.partial.choices[0].message.content\n"
        "        return [type(error).__name__, text, error.retries_taken]\n"
        "print(json.dumps([ask() for _ in range(int(sys.argv[1]))]))\n",
    ],
    "node": [
        "node",
        "--input-type=module",
        "-e",
        "import { APIError, Client } from 'trilogue';\n"
        "const client = new Client();\n"
        "const ask = async () => {\n"
        "  try {\n"
        "    const stream = await client.chat.completions.create(\n"
        "      { model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true });\n"
        "    return [null, (await stream.final()).choices[0].message.content, stream.retriesTaken];\n"
        "  } catch (error) {\n"
        "    if (!(error instanceof APIError)) throw error;\n"
        "    return [error.name, error.partial?.choices[0].message.content ?? null, error.retriesTaken];\n"
        "  }\n"
        "};\n"
        "const outcomes = [];\n"
        "for (let i = Number(process.argv[1]); i > 0; i--) outcomes.push(await ask());\n"
        "console.log(JSON.stringify(outcomes));\n",
    ],
}
both = pytest.mark.parametrize("runtime", PROGRAMS)


@both
@pytest.mark.parametrize("last", [0, 1])
def test_goaway_before_the_head_is_retried(runtime: str, last: int, server: Server) -> None:
    def leave(connection: Connection) -> None:
        connection.request()
        connection.goaway(last)

    # A request that the server did not process is sent again at once, and uses no retry.
    assert server.outcomes(runtime, 1, leave, answer) == [[None, "ab", last]]
    assert len(server.requests) == 2


@both
def test_a_connection_lost_during_a_stream_is_an_error_with_partial(runtime: str, server: Server) -> None:
    def leave(connection: Connection) -> None:
        number = connection.request()
        connection.begin(number)
        connection.goaway(number)

    assert server.outcomes(runtime, 2, leave, answer) == [["IncompleteStreamError", "a", 0], [None, "ab", 0]]


@both
def test_a_stream_finishes_after_goaway(runtime: str, server: Server) -> None:
    def finish(connection: Connection) -> None:
        number = connection.request()
        connection.begin(number)
        connection.goaway(number)
        # `h2` sends nothing after GOAWAY; the standard lets streams up to `last` end.
        connection.http.state_machine.state = h2.connection.ConnectionState.SERVER_OPEN
        connection.finish(number)
        # The client closes a connection that answers no further requests.
        server.seen.append("closed" if connection.tls.recv(65536) == b"" else "open")

    # The next request uses a new connection.
    assert server.outcomes(runtime, 2, finish, answer) == [[None, "ab", 0], [None, "ab", 0]]


@both
@pytest.mark.parametrize("code", ["INTERNAL_ERROR", "CANCEL", "NO_ERROR"])
def test_a_reset_stream_is_an_error_with_partial(runtime: str, code: str, server: Server) -> None:
    def reset(connection: Connection) -> None:
        number = connection.request()
        connection.begin(number)
        connection.http.reset_stream(number, h2.errors.ErrorCodes[code])
        connection.flush()
        # The connection is still usable.
        answer(connection)

    assert server.outcomes(runtime, 2, reset) == [["IncompleteStreamError", "a", 0], [None, "ab", 0]]


@both
@pytest.mark.parametrize("size", [64 * 1024, 64 * 1024 + 1, 200 * 1024])
def test_headers_are_accepted_up_to_64_kib(runtime: str, size: int, server: Server) -> None:
    def begin(connection: Connection) -> None:
        number = connection.request()
        # The pseudo-header `:status` does not count.
        missing = size - len("content-typetext/event-stream")
        headers = [(":status", "200"), ("content-type", "text/event-stream")]
        while missing:
            name = f"x-filler-{len(headers):03}"
            length = min(missing, 4000 if missing < 4000 or missing > 4100 else 3000) - len(name)
            headers.append((name, "v" * length))
            missing -= len(name) + length
        connection.http.send_headers(number, headers)
        connection.http.send_data(number, FIRST + REST, end_stream=True)
        connection.flush()

    fits = [None, "ab", 0] if size <= 64 * 1024 else ["LimitExceededError", None, 0]
    assert server.outcomes(runtime, 1, begin) == [fits]


@both
def test_a_refused_stream_is_retried_at_once(runtime: str, server: Server) -> None:
    def refuse(connection: Connection) -> None:
        answer(connection)
        connection.http.reset_stream(connection.request(), h2.errors.ErrorCodes.REFUSED_STREAM)
        connection.flush()
        answer(connection)

    assert server.outcomes(runtime, 2, refuse) == [[None, "ab", 0]] * 2


@both
def test_a_stale_connection_is_replaced_at_once(runtime: str, server: Server) -> None:
    def leave(connection: Connection) -> None:
        answer(connection)
        connection.request()

    assert server.outcomes(runtime, 2, leave, answer) == [[None, "ab", 0]] * 2
