"""The option `http_client`: requests are sent with a client of httpx, as the official clients send them.

The core makes each decision; the client of httpx only sends. It is not closed with the client that uses it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

#: Headers that describe the body before httpx decodes it.
_ENCODED = {"content-encoding", "content-length", "transfer-encoding"}


def transport_of(http_client: Any, *, is_async: bool) -> Any:
    """Return the transport that sends with a client of httpx. Raises ConfigurationError for another object, and for a client of the other kind."""
    from ._generated.errors import ConfigurationError

    if not hasattr(http_client, "build_request") or not hasattr(http_client, "send"):
        message = f"http_client must be a client of httpx, not a {type(http_client).__name__}"
        raise ConfigurationError(message)
    if hasattr(http_client, "aclose") != is_async:
        kind = "an AsyncClient" if is_async else "a Client"
        needed = "AsyncClient" if is_async else "Client"
        name = type(http_client).__name__
        article = "an" if name.startswith(("A", "E", "I", "O", "U")) else "a"
        message = f"http_client of {kind} must be an httpx.{needed}, not {article} {name}"
        raise ConfigurationError(message)

    def build(method: str, url: str, headers: dict[str, str], body: bytes) -> Any:
        # The time limits are the core's.
        return http_client.build_request(method, url, headers=headers, content=body, timeout=None)

    def send(*request: Any) -> Any:
        response = http_client.send(build(*request), stream=True)
        return response.status_code, _headers(response), _Body(response)

    async def send_async(*request: Any) -> Any:
        response = await http_client.send(build(*request), stream=True)
        return response.status_code, _headers(response), _AsyncBody(response)

    return send_async if is_async else send


def _headers(response: Any) -> list[tuple[str, str]]:
    return [(name, value) for name, value in response.headers.multi_items() if name.lower() not in _ENCODED]


class _Body:
    """The body of a response, which closes it."""

    def __init__(self, response: Any) -> None:
        self._chunks = response.iter_bytes()
        self.close = response.close

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk: bytes = next(self._chunks)
        return chunk


class _AsyncBody:
    """The body of a response, which closes it."""

    def __init__(self, response: Any) -> None:
        self._chunks = response.aiter_bytes()
        self.aclose = response.aclose

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk: bytes = await self._chunks.__anext__()
        return chunk


def DefaultHttpxClient(**options: Any) -> Any:  # noqa: N802  (the name of the official clients)
    """Return a client of httpx for the option `http_client`, which follows redirects."""
    return _httpx().Client(**{"follow_redirects": True, **options})


def DefaultAsyncHttpxClient(**options: Any) -> Any:  # noqa: N802  (the name of the official clients)
    """Return an asynchronous client of httpx for the option `http_client`, which follows redirects."""
    return _httpx().AsyncClient(**{"follow_redirects": True, **options})


def _httpx() -> Any:
    """Return the module httpx, or the newer httpx2."""
    from importlib import import_module
    from importlib.util import find_spec

    return import_module("httpx" if find_spec("httpx") else "httpx2")
