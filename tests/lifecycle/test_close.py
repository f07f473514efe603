"""`close()` of a client from any thread ends its calls with a typed error and closes its connections.

Rule: raw servers on loopback, through the installed wheel.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from forwarders import RawServer, receive_request

import trilogue

CLOSED = "the client was closed"
ASK: Any = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
FIRST = b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n'


class Hanging:
    """A server that starts an answer, or sends nothing, and never ends; it records the end of each connection."""

    def __init__(self, begins: bytes) -> None:
        self.begins = begins
        self.arrived = threading.Semaphore(0)
        self.ended = threading.Semaphore(0)
        self.server = RawServer(self.respond)

    def respond(self, connection: socket.socket) -> None:
        """Serve a connection."""
        receive_request(connection)
        connection.sendall(self.begins)
        self.arrived.release()
        with suppress(OSError):
            while connection.recv(65536):
                pass
        self.ended.release()


STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + FIRST
NOTHING = b""
HALF = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"id"'


@pytest.fixture
def hanging() -> Iterator[Callable[[bytes], Hanging]]:
    """Start servers for one test."""
    servers: list[Hanging] = []

    def start(begins: bytes) -> Hanging:
        servers.append(Hanging(begins))
        return servers[-1]

    yield start
    for server in servers:
        server.server.__exit__(None, None, None)


def test_closes_a_stream_read_by_another_thread(
    hanging: Callable[[bytes], Hanging],
) -> None:
    server = hanging(STREAM)
    client = trilogue.Client(base_url=server.server.url)
    stream = client.chat.completions.create(**ASK, stream=True)
    assert next(stream).text == "Hel"
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(next, stream)
        client.close()
        with pytest.raises(trilogue.APIUserAbortError, match=CLOSED) as caught:
            reading.result(30)
    partial: Any = caught.value.partial
    assert partial.choices[0].message.content == "Hel"
    assert server.ended.acquire(timeout=30)


def test_closes_a_stream_without_reader(hanging: Callable[[bytes], Hanging]) -> None:
    server = hanging(STREAM)
    client = trilogue.Client(base_url=server.server.url)
    stream = client.chat.completions.create(**ASK, stream=True)
    client.close()
    assert server.ended.acquire(timeout=30)
    # The text is read before the close or lost with the connection; the error follows in both cases.
    with pytest.raises(trilogue.APIUserAbortError, match=CLOSED):
        list(stream)


@pytest.mark.parametrize("begins", [NOTHING, HALF])
def test_closes_calls_of_several_threads(begins: bytes, hanging: Callable[[bytes], Hanging]) -> None:
    server = hanging(begins)
    client = trilogue.Client(base_url=server.server.url)
    with ThreadPoolExecutor() as pool:
        calls = [pool.submit(client.chat.completions.create, **ASK) for _ in range(3)]
        for _ in calls:
            assert server.arrived.acquire(timeout=30)
        client.close()
        for call in calls:
            with pytest.raises(trilogue.APIUserAbortError, match=CLOSED):
                call.result(30)
            assert server.ended.acquire(timeout=30)


def test_closes_a_call_waiting_for_its_retry() -> None:
    is_refused = threading.Event()

    def refuse(connection: socket.socket) -> None:
        receive_request(connection)
        connection.sendall(b"HTTP/1.1 429 x\r\nretry-after: 50\r\ncontent-length: 0\r\n\r\n")
        is_refused.set()
        receive_request(connection)

    with RawServer(refuse) as server, ThreadPoolExecutor() as pool:
        client = trilogue.Client(base_url=server.url)
        call = pool.submit(client.chat.completions.create, **ASK)
        assert is_refused.wait(30)
        client.close()
        with pytest.raises(trilogue.APIUserAbortError, match=CLOSED):
            call.result(30)


def test_closes_an_asynchronous_client(hanging: Callable[[bytes], Hanging]) -> None:
    streaming, silent = hanging(STREAM), hanging(NOTHING)

    async def run() -> None:
        client = trilogue.AsyncClient(base_url=streaming.server.url)
        stream = await client.chat.completions.create(**ASK, stream=True)
        assert (await anext(stream)).text == "Hel"
        reading = asyncio.ensure_future(anext(stream))
        other = trilogue.AsyncClient(base_url=silent.server.url)
        call = asyncio.ensure_future(other.chat.completions.create(**ASK))
        await asyncio.to_thread(silent.arrived.acquire)
        await asyncio.sleep(0)
        await client.close()
        # From a thread without an event loop.
        await asyncio.to_thread(asyncio.run, other.close())
        with pytest.raises(trilogue.APIUserAbortError, match=CLOSED) as caught:
            await asyncio.wait_for(reading, 30)
        partial: Any = caught.value.partial
        assert partial.choices[0].message.content == "Hel"
        with pytest.raises(trilogue.APIUserAbortError, match=CLOSED):
            await asyncio.wait_for(call, 30)

    asyncio.run(run())
    assert streaming.ended.acquire(timeout=30)
    assert silent.ended.acquire(timeout=30)


def test_a_copy_of_a_closed_client_works(hanging: Callable[[bytes], Hanging]) -> None:
    server = hanging(STREAM)
    client = trilogue.Client(base_url=server.server.url)
    other = client.with_options(timeout=30)
    stream = other.chat.completions.create(**ASK, stream=True)
    client.close()
    client.close()
    assert client.is_closed()
    # The copy has its own connections.
    assert next(stream).text == "Hel"
    other.close()
