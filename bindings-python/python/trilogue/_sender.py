"""What every endpoint shares: arguments to a request, replies to results.

Law: gathers keyword arguments into a body and options; fields that it does not know go on as they are.
"""

from __future__ import annotations

from . import _observability
from ._observability import watched
from ._waiting import answered, finished

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from ._generated.types import Estimate
    from ._native import NativeClient, NativeStream
    from ._objects.model import Model

    Reply = tuple[dict[str, Any], int, dict[str, str], int]
    M = TypeVar("M", bound=Model)

#: Arguments that tell how to send, and are no part of the body.
OPTIONS = frozenset(
    {
        "extra_headers",
        "extra_query",
        "extra_body",
        "timeout",
        "first_token_timeout",
        "idle_timeout",
        "max_retries",
        "structured",
        "watch",
        "watch_all",
        "budget",
    }
)


class Sender:
    """Sends requests through a native client, with a key that may come from a function."""

    def __init__(self, native: NativeClient, key: Callable[[], Any] | None, *, warns: bool = False) -> None:
        self.native = native
        self._key = key
        #: Whether parameters that are out of range are told.
        self._warns = warns
        _observability.listen(native)

    def call(self, endpoint: str, request: dict[str, Any]) -> Reply:
        """Send a request and wait for its reply."""
        if "watch" not in request and watched():
            return _observability.call(self, endpoint, request)
        native, (body, options) = self.native, self._ready(endpoint, request, self._key_now())
        reply: Reply = answered(native.call, native.call_async, endpoint, body, options)
        return reply

    def stream(self, endpoint: str, request: dict[str, Any]) -> NativeStream:
        """Send a request and open its stream."""
        if "watch" not in request and watched():
            return _observability.stream(self, endpoint, request)
        native, (body, options) = self.native, self._ready(endpoint, request, self._key_now())
        stream: NativeStream = answered(native.stream, native.stream_async, endpoint, body, options)
        return stream

    async def call_async(self, endpoint: str, request: dict[str, Any]) -> Reply:
        """Send a request and await its reply."""
        if "watch" not in request and watched():
            return await _observability.call_async(self, endpoint, request)
        body, options = self._ready(endpoint, request, await self._key_soon())
        reply: Reply = await finished(self.native.call_async, endpoint, body, options)
        return reply

    async def stream_async(self, endpoint: str, request: dict[str, Any]) -> NativeStream:
        """Send a request and await its stream."""
        if "watch" not in request and watched():
            return await _observability.stream_async(self, endpoint, request)
        body, options = self._ready(endpoint, request, await self._key_soon())
        stream: NativeStream = await finished(self.native.stream_async, endpoint, body, options)
        return stream

    def estimate(self, endpoint: str, request: dict[str, Any]) -> Estimate:
        """Return what a request can cost at most. Sends nothing."""
        from ._generated.types import Estimate

        return Estimate(self.native.estimate(endpoint, *self._split(request, None)))

    def _ready(self, endpoint: str, request: dict[str, Any], key: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
        body, options = self._split(request, key)
        if self._warns:
            import warnings

            for _, message in self.native.findings(endpoint, body):
                warnings.warn(message, stacklevel=_own_frames())
        return body, options

    def _key_now(self) -> str | None:
        key = self._key() if self._key is not None else None
        if key is not None and not isinstance(key, str):
            message = "api_key gave no str: a coroutine function needs AsyncClient"
            raise TypeError(message)
        return key

    async def _key_soon(self) -> str | None:
        key = self._key() if self._key is not None else None
        if key is None or isinstance(key, str):
            return key
        awaited: str = await key
        return awaited

    @staticmethod
    def _split(request: dict[str, Any], key: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Split arguments into the body and the options. An argument of `None` is one that was not given."""
        body: dict[str, Any] = {}
        options: dict[str, Any] = {} if key is None else {"api_key": key}
        for name, value in request.items():
            if value is not None:
                (options if name in OPTIONS else body)[name] = value
        if "messages" in body:
            body["messages"] = listed(body["messages"])
        if "budget" in options:
            from ._objects.amounts import plain

            options["budget"] = plain(options["budget"])
        return body, options


def listed(given: Any) -> Any:
    """Return an iterable as a list. Strings, mappings and what is no iterable stay as they are, for the core to refuse."""
    if isinstance(given, (str, bytes)) or hasattr(given, "keys") or not hasattr(given, "__iter__"):
        return given
    return list(given)


def list_of(name: str, given: Any) -> list[Any]:
    """Return an iterable as a list. Raises InvalidRequestError for a string, a mapping, and what is no iterable."""
    made = listed(given)
    if isinstance(made, list):
        return made
    from ._generated.errors import InvalidRequestError

    form = '; pass [{"role": "user", "content": "…"}]' if name == "messages" else ""
    message = f"{name} must be a list, not a {type(given).__name__}{form}"
    raise InvalidRequestError(message)


def _own_frames() -> int:
    """Return how many frames up the caller of this package is."""
    import sys

    frame, count = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("trilogue."):
        frame, count = frame.f_back, count + 1
    return count


class Resource:
    """A part of a client."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender


def result(kind: type[M], reply: Reply) -> M:
    """Make a result of a reply; `_request_id` is the provider's id of the request."""
    value, *response = reply
    made = kind(value)
    headers = reply[2]
    made.__dict__["_request_id"] = headers.get("x-request-id") or headers.get("request-id")
    made.__dict__["_response"] = tuple(response)
    return made
