"""`Timeout`: time limits with the names of the official clients, which take them from httpx."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Timeout:
    """Time limits in seconds, as `httpx.Timeout` has them. `httpx.Timeout` itself is accepted too.

    connect: `connect_timeout` of the client; for a single request the client's own limit applies. read: `first_token_timeout` and `idle_timeout`
    of a stream, `timeout` of a whole answer. write, pool: part of `read`, since sending counts towards it and a request never waits for a free
    connection. Each defaults to `timeout`; `None` means the client's default.
    """

    __slots__ = ("connect", "pool", "read", "write")

    def __init__(
        self,
        timeout: float | None = None,
        *,
        connect: float | None = None,
        read: float | None = None,
        write: float | None = None,
        pool: float | None = None,
    ) -> None:
        self.connect = timeout if connect is None else connect
        self.read = timeout if read is None else read
        self.write = timeout if write is None else write
        self.pool = timeout if pool is None else pool

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timeout) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]  # as of other values with fields

    def __repr__(self) -> str:
        return f"Timeout({', '.join(f'{name}={getattr(self, name)!r}' for name in sorted(self.__slots__))})"


def stream_limits(timeout: Any) -> dict[str, Any]:
    """Return the options of a stream that a `Timeout` stands for."""
    return {} if timeout.read is None else {"first_token_timeout": timeout.read, "idle_timeout": timeout.read}


def client_limits(timeout: Any, *, connects: bool) -> dict[str, Any]:
    """Return the options of a client that a `Timeout` stands for, except the limit of whole answers; `connects` is whether it makes connections."""
    connect = {} if timeout.connect is None or not connects else {"connect_timeout": timeout.connect}
    return {**connect, **stream_limits(timeout)}


def set_whole_limit(options: dict[str, Any], default: float | None) -> None:
    """Replace the `timeout` of a request without a stream by a number of seconds."""
    timeout = options.pop("timeout", default)
    limit = timeout.read if hasattr(timeout, "read") else timeout
    if limit is not None:
        options["timeout"] = limit
