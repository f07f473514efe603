"""Servers between a client and the test server: proxies and TLS.

Invariant: forward bytes and record the requests without interpreting them. Every address is on the loopback interface.
"""

from __future__ import annotations

import base64
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from typing_extensions import Self


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Forward bytes until the end."""
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def join(one: socket.socket, other: socket.socket) -> None:
    """Forward in both directions until the end."""
    back = threading.Thread(target=pump, args=(other, one), daemon=True)
    back.start()
    pump(one, other)
    back.join()


def head_of(connection: socket.socket) -> bytes:
    """Read up to the empty line."""
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(65536)
        if not data:
            return b""
        head += data
    return head


class Forwarder:
    """A listener that serves each connection in a thread."""

    scheme = "http"

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        #: The first line of each request, or the target.
        self.requests: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Return the address."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self.serve(connection)

    def serve(self, connection: socket.socket) -> None:
        """Serve a connection."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Closing alone would not end `accept` in the thread.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def receive_request(connection: socket.socket) -> bytes:
    """Read a request with its body; empty at the end of the connection."""
    received = head_of(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    missing = sum(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")) - len(body)
    while missing > 0:
        data = connection.recv(min(missing, 65536))
        if not data:
            return b""
        missing -= len(data)
    return received


class RawServer(Forwarder):
    """A server that counts its connections and serves them with a function."""

    def __init__(self, respond: Callable[[socket.socket], object]) -> None:
        self._respond = respond
        self.connections = 0
        super().__init__()

    def serve(self, connection: socket.socket) -> None:
        """Serve a connection."""
        self.connections += 1
        self._respond(connection)


class HttpProxy(Forwarder):
    """A proxy for http, with CONNECT for TLS."""

    def __init__(self, credentials: str | None = None) -> None:
        self._wanted = None if credentials is None else b"Basic " + base64.b64encode(credentials.encode())
        super().__init__()

    def serve(self, connection: socket.socket) -> None:
        """Serve a connection."""
        head = head_of(connection)
        if not head:
            return
        first, _, rest = head.partition(b"\r\n")
        self.requests.append(first.decode())
        given = [line for line in rest.split(b"\r\n") if line.lower().startswith(b"proxy-authorization:")]
        if self._wanted is not None and [line.partition(b":")[2].strip() for line in given] != [self._wanted]:
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            return
        method, target, _ = first.split(b" ")
        authority = target if method == b"CONNECT" else target.split(b"/")[2]
        host, _, port = authority.decode().rpartition(":")
        with socket.create_connection((host, int(port))) as server:
            if method == b"CONNECT":
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = target.split(b"/", 3)[3]
                lines = [line for line in rest.split(b"\r\n") if line not in given]
                server.sendall(b"%b /%b HTTP/1.1\r\nconnection: close\r\n%b" % (method, path, b"\r\n".join(lines)))
            join(connection, server)


class SocksProxy(Forwarder):
    """A SOCKS 5 proxy with a user and a password."""

    scheme = "socks5h"

    def __init__(self, user: str, password: str) -> None:
        self._wanted = (user.encode(), password.encode())
        super().__init__()

    def serve(self, connection: socket.socket) -> None:
        """Serve a connection."""
        stream = connection.makefile("rb")
        stream.read(stream.read(2)[1])
        connection.sendall(b"\x05\x02")
        user = stream.read(stream.read(2)[1])
        password = stream.read(stream.read(1)[0])
        if (user, password) != self._wanted:
            connection.sendall(b"\x01\x01")
            return
        connection.sendall(b"\x01\x00")
        kind = stream.read(4)[3]
        if kind == 3:
            host = stream.read(stream.read(1)[0]).decode()
        else:
            family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
            host = socket.inet_ntop(family, stream.read(size))
        (port,) = struct.unpack(">H", stream.read(2))
        self.requests.append(f"{host}:{port}")
        # The test server listens on IPv4 only.
        with socket.create_connection(("127.0.0.1" if host == "::1" else host, port)) as server:
            connection.sendall(b"\x05\x00\x00\x01" + bytes(6))
            join(connection, server)


class TlsFront(Forwarder):
    """A TLS server in front of a plain one."""

    scheme = "https"

    def __init__(self, behind: str, prepare: Callable[[ssl.SSLContext], object]) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        prepare(self._context)
        host, _, port = behind.split("/")[2].rpartition(":")
        self._behind = (host, int(port))
        super().__init__()

    @property
    def url(self) -> str:
        """Return the address, with the host name of the certificate."""
        return f"https://localhost:{self.port}"

    def serve(self, connection: socket.socket) -> None:
        """Serve a connection."""
        with self._context.wrap_socket(connection, server_side=True) as secure:
            self.requests.append(secure.version() or "")
            with socket.create_connection(self._behind) as server:
                join(secure, server)
