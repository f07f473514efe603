"""Compressed bodies over a socket: in pieces, cut, broken, and decompression bombs.

Rule: raw servers on loopback, through the installed wheel. What a complete body decodes to is shown by the vectors in `compression/`.
"""

from __future__ import annotations

import base64
import socket
import subprocess
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from conftest import COMPLETION, PYTHON, environment
from forwarders import RawServer, receive_request

import trilogue


def event(content: str) -> bytes:
    """Return an event of a streamed completion."""
    return b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n' % content.encode()


END = b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
#: An event with the text "Hel" and the rest of the answer, each flushed. The standard library has no encoder for these codings.
MADE_ELSEWHERE = {
    "br": [
        "C1cAoIyEcuOysh2UMB6EwNxSleVz/iQYkqGLiFzhopo0HVuHRaGvnizk/izR2UQmaqQuBpAXC40kspsf5jN0zbGhZFGOPnV9Ixc7lvo9pywocp9KgsMd"
        "twQ4mRqtSQqS4jTeGd6iwv1k3C8PsrT4yxAZ//zNAA==",
        "uAmA1EjpbikaodJbQWSLTXW9gUMO3A+YUVuSqAZa9VQ1wQFNjbGif46cEEDOVsqTBQwD",
    ],
    "zstd": [
        "KLUv/QRYLAQAgkofHYC1aQPMjSZ2YrclMdKgpV3/wzS8OhMzRTNDIx0CRdEYGqWWvS8vVOWAVtqUuDVXSvi9V3s5b+/FXmkt/F0VK2fu2ErP7bgP6Nl0"
        "pnBfmolR3p78rvRwcjsGyP1ooyp5e8AuKI3l1KoEEk6jEeXvnQqA4NuR/P2kM4LDxhMBAJ8BKA==",
        "HAEAgGxvInN0b3AiW0RPTkVdCgoFAC1rFMQ8sPAYxY9tAWWpAQIBAADi5WZ4",
    ],
}
WINDOW_BITS = {"gzip": 31, "zlib": 15, "raw": -15}


def flushed(*parts: bytes, bits: int = 31) -> list[bytes]:
    """Compress the parts of one body, with a flush after each."""
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    packed = [packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH) for part in parts]
    packed[-1] += packer.flush()
    return packed


def head(coding: str, length: int | None = None, status: int = 200) -> bytes:
    """Return the head of an answer; without a length, the body ends with the connection."""
    lines = [
        f"HTTP/1.1 {status} x",
        "content-type: text/event-stream",
        f"content-encoding: {coding}",
    ]
    lines.append("connection: close" if length is None else f"content-length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@contextmanager
def answering(coding: str, *pieces: bytes, length: int | None = None, status: int = 200) -> Iterator[trilogue.Client]:
    """Start a server that gives one answer to every request."""

    def respond(connection: socket.socket) -> None:
        receive_request(connection)
        connection.sendall(head(coding, length, status) + b"".join(pieces))

    with RawServer(respond) as server:
        yield trilogue.Client(base_url=server.url, max_retries=0)


def whole(client: trilogue.Client) -> trilogue.types.ChatCompletion:
    """Return a whole reply."""
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])


def stream(
    client: trilogue.Client,
) -> trilogue.Stream[trilogue.types.ChatCompletionChunk]:
    """Open a stream."""
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}], stream=True)


def first_pieces() -> dict[str, tuple[str, list[bytes]]]:
    """Return the coding's name and two flushed parts of an answer, by the format."""
    packed = {
        name: (
            "gzip" if name == "gzip" else "deflate",
            flushed(event("Hel"), event("lo") + END, bits=bits),
        )
        for name, bits in WINDOW_BITS.items()
    }
    return packed | {name: (name, [base64.b64decode(part) for part in parts]) for name, parts in MADE_ELSEWHERE.items()}


@pytest.mark.parametrize("form", [*WINDOW_BITS, *MADE_ELSEWHERE])
def test_a_stream_yields_flushed_text_at_once(form: str) -> None:
    coding, (first, rest) = first_pieces()[form]
    was_read = threading.Event()

    def respond(connection: socket.socket) -> None:
        receive_request(connection)
        connection.sendall(head(coding) + first)
        # The rest is sent after the first text has been read: a decoder that waits for more would block.
        assert was_read.wait(30)
        connection.sendall(rest)

    with (
        RawServer(respond) as server,
        stream(trilogue.Client(base_url=server.url, max_retries=0)) as chunks,
    ):
        texts = chunks.text_stream
        assert next(texts) == "Hel"
        was_read.set()
        assert "".join(texts) == "lo"
        assert chunks.headers["content-encoding"] == coding


@pytest.mark.parametrize("form", [*WINDOW_BITS, *MADE_ELSEWHERE])
def test_a_cut_body_is_incomplete_with_partial(form: str) -> None:
    coding, (first, rest) = first_pieces()[form]
    with (
        answering(coding, first, rest[:3]) as client,
        pytest.raises(trilogue.IncompleteStreamError) as caught,
    ):
        stream(client).until_done()
    assert caught.value.partial is not None
    assert caught.value.partial.choices[0].message.content == "Hel"


def test_a_cut_whole_reply_is_an_error() -> None:
    (packed,) = flushed(COMPLETION)
    # The JSON is complete, but the checksum is missing.
    with (
        answering("gzip", packed[:-4]) as client,
        pytest.raises(trilogue.IncompleteStreamError, match="gzip"),
    ):
        whole(client)


def test_a_broken_body_is_a_typed_error_with_partial() -> None:
    first, rest = flushed(event("Hel"), event("lo") + END)
    was_read = threading.Event()

    def respond(connection: socket.socket) -> None:
        receive_request(connection)
        connection.sendall(head("gzip") + first)
        assert was_read.wait(30)
        connection.sendall(b"\xff" * len(rest))

    with RawServer(respond) as server:
        texts = stream(trilogue.Client(base_url=server.url, max_retries=0)).text_stream
        assert next(texts) == "Hel"
        was_read.set()
        with pytest.raises(trilogue.APIResponseValidationError, match="content-encoding") as caught:
            list(texts)
    assert caught.value.partial is not None
    assert caught.value.partial.choices[0].message.content == "Hel"


def test_a_wrong_checksum_is_a_typed_error() -> None:
    (packed,) = flushed(COMPLETION)
    broken = packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]
    with (
        answering("gzip", broken) as client,
        pytest.raises(trilogue.APIResponseValidationError, match="gzip"),
    ):
        whole(client)


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
def test_a_plain_body_with_a_coding_is_a_typed_error(coding: str) -> None:
    with (
        answering(coding, COMPLETION) as client,
        pytest.raises(trilogue.APIError, match=coding) as caught,
    ):
        whole(client)
    assert isinstance(
        caught.value,
        trilogue.APIResponseValidationError | trilogue.IncompleteStreamError,
    )


def test_an_unknown_coding_is_named_in_the_error() -> None:
    with answering("snappy", COMPLETION) as client:
        for call in (whole, stream):
            with pytest.raises(
                trilogue.APIResponseValidationError,
                match='unknown content-encoding "snappy"',
            ):
                list(call(client))
    with (
        answering("snappy", b"what", status=401) as client,
        pytest.raises(trilogue.AuthenticationError),
    ):
        whole(client)


@pytest.mark.parametrize("coding", ["identity", "", "none", "utf-8"])
def test_a_header_without_coding_is_ignored(coding: str) -> None:
    with answering(coding, COMPLETION) as client:
        assert whole(client).choices[0].message.content == "Hello"


def test_several_gzip_members_are_one_body() -> None:
    members = [flushed(part)[0] for part in (COMPLETION[:20], COMPLETION[20:])]
    with answering("gzip", *members, b"\r\n") as client:
        assert whole(client).choices[0].message.content == "Hello"
    with (
        answering("gzip", *members, b"more") as client,
        pytest.raises(trilogue.APIResponseValidationError),
    ):
        whole(client)


def test_too_many_codings_are_rejected() -> None:
    with (
        answering("gzip, gzip, gzip, gzip", COMPLETION) as client,
        pytest.raises(trilogue.APIResponseValidationError, match="4"),
    ):
        whole(client)


def zstd_with_window(exponent: int) -> bytes:
    """Return a frame that declares a window of `2 ** exponent` bytes."""
    # Magic number, descriptor without a size, window, and one raw block.
    block = (len(COMPLETION) << 3 | 1).to_bytes(3, "little")
    return b"\x28\xb5\x2f\xfd\x00" + bytes([(exponent - 10) << 3]) + block + COMPLETION


def test_a_window_larger_than_http_allows_is_rejected() -> None:
    with answering("zstd", zstd_with_window(23)) as client:
        assert whole(client).choices[0].message.content == "Hello"
    with (
        answering("zstd", zstd_with_window(27)) as client,
        pytest.raises(trilogue.APIResponseValidationError),
    ):
        whole(client)


BOMB = (
    "import resource, sys, trilogue\n"
    "client = trilogue.Client(max_retries=0, max_response_bytes=1_000_000)\n"
    "ask = dict(model='m', messages=[{'role': 'user', 'content': 'Hi'}])\n"
    "def call(**more):\n"
    "    try:\n"
    "        result = client.chat.completions.create(**ask, **more)\n"
    "        list(result)\n"
    "    except trilogue.APIError as error:\n"
    "        return type(error).__name__\n"
    "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
    "names = [call(), call(stream=True)]\n"
    "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
    "print(*names, (after - before) // 1024)\n"
)


def inflated(layers: int) -> bytes:
    """Compress 200 MB of white space in this many layers."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(200)) + packer.flush()
    for _ in range(layers - 1):
        packed = flushed(packed)[0]
    return packed


@pytest.mark.parametrize(("coding", "status"), [("gzip", 200), ("gzip, gzip", 200), ("gzip", 401)])
def test_a_decompression_bomb_stays_within_the_limits(coding: str, status: int) -> None:
    packed = inflated(coding.count("gzip"))

    def respond(connection: socket.socket) -> None:
        receive_request(connection)
        connection.sendall(head(coding, None, status) + packed)

    with RawServer(respond) as server:
        ended = subprocess.run(
            [PYTHON, "-c", BOMB],
            env=environment(server.url),
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
    *names, megabytes = ended.stdout.split()
    assert names == ["LimitExceededError" if status == 200 else "AuthenticationError"] * 2
    assert int(megabytes) < 40
