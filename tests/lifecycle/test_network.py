"""Connections that fail before HTTP begins.

The tests use real sockets and the installed packages, in every runtime.
"""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator

import pytest
import trustme
from conftest import PROGRAMS, environment


def error_of(runtime: str, base_url: str) -> str:
    """Run a runtime's example and return its error output."""
    variables = environment(base_url)
    ended = subprocess.run(PROGRAMS[runtime], env=variables, check=False, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1, ended.stdout
    return ended.stderr


@pytest.mark.parametrize("runtime", PROGRAMS)
def test_a_refused_connection_is_a_typed_error(runtime: str) -> None:
    with socket.socket() as taken:
        # Bound and not listening: no other program gets the port, and connections to it are refused.
        taken.bind(("127.0.0.1", 0))
        output = error_of(runtime, f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert "APIConnectionError: can't reach http://127.0.0.1" in output
    # A browser hides the reason from the page: it may also be the server's CORS policy.
    assert ("CORS" in output) == (runtime == "browser")


@pytest.fixture
def untrusted() -> Iterator[str]:
    """Serve TLS with an untrusted certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()

    threading.Thread(target=serve, daemon=True).start()
    yield f"https://localhost:{listener.getsockname()[1]}"
    listener.close()


@pytest.mark.parametrize("runtime", PROGRAMS)
def test_an_untrusted_certificate_is_rejected(runtime: str, untrusted: str) -> None:
    output = error_of(runtime, untrusted)
    assert "APIConnectionError: can't reach https://localhost" in output
    # A browser does not reveal the reason to a page.
    assert runtime == "browser" or "certificate" in output
