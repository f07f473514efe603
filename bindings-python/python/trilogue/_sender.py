"""Sends requests through the native client: keyword arguments to a request, replies to results.

Arguments that this module doesn't know are passed on unchanged. The methods are coroutines for both clients: those of `BlockingSender` never
suspend, so that `run_blocking` can run code that is written once for both.
"""

from __future__ import annotations

from . import _observability
from ._observability import is_observed
from ._waiting import wait_blocking, wait_for_task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, TypeGuard, TypeVar

    from ._generated.types import Estimate
    from ._native import NativeClient, NativeStream, Task
    from ._objects.model import Model
    from ._observability.run_trace import RunTrace

    Reply = tuple[dict[str, Any], int, dict[str, str], int]
    M = TypeVar("M", bound=Model)
    T = TypeVar("T")


class Sender:
    """Sends the requests of an `AsyncClient`."""

    def __init__(self, native: NativeClient, key: Callable[[], Any] | None, *, warns: bool = False) -> None:
        self.native = native
        #: A function that returns the key of each request.
        self._key = key
        #: Whether parameters that are out of range cause a warning.
        self._warns = warns
        #: The time limit of requests without a stream, if the client's `timeout` is a `Timeout`.
        self.whole_timeout: float | None = None
        _observability.subscribe(native)

    def set_key(self, key: Any) -> None:
        """Set the key of later requests, or the function that returns it."""
        self._key = key if callable(key) else lambda: key

    async def call(self, endpoint: str, request: dict[str, Any], run: RunTrace | None = None) -> Reply:
        """Send a request and return its reply. `run`: the tool run that sends it."""
        if is_observed():
            return await _observability.call(self, endpoint, request, run)
        return await self.send_call(endpoint, request)

    async def stream(self, endpoint: str, request: dict[str, Any], run: RunTrace | None = None) -> NativeStream:
        """Send a request and return its stream. `run`: the tool run that sends it."""
        if is_observed():
            return await _observability.stream(self, endpoint, request, run)
        return await self.send_stream(endpoint, request)

    async def send_call(self, endpoint: str, request: dict[str, Any], notices: dict[str, Any] | None = None) -> Reply:
        """Send a request past hooks and observers. `notices`: the options of a call that is observed."""
        body, options = self._prepare(endpoint, request, await self._get_key(), notices)
        if self.whole_timeout is not None or hasattr(options.get("timeout"), "read"):
            from ._objects.timeout import set_whole_limit

            set_whole_limit(options, self.whole_timeout)
        native = self.native
        reply: Reply = await self._wait(native.call, native.call_async, endpoint, body, options)
        return reply

    async def send_stream(
        self, endpoint: str, request: dict[str, Any], notices: dict[str, Any] | None = None
    ) -> NativeStream:
        """Open a stream past hooks and observers. `notices`: the options of a call that is observed."""
        body, options = self._prepare(endpoint, request, await self._get_key(), notices)
        if hasattr(options.get("timeout"), "read"):
            from ._objects.timeout import stream_limits

            options = {**stream_limits(options.pop("timeout")), **options}
        native = self.native
        stream: NativeStream = await self._wait(native.stream, native.stream_async, endpoint, body, options)
        return stream

    def estimate(self, endpoint: str, request: dict[str, Any]) -> Estimate:
        """Return the highest possible cost of a request. Sends nothing."""
        from ._generated.types import Estimate

        return Estimate(self.native.estimate(endpoint, *split(request)))

    async def _wait(self, blocking: Callable[..., Any], start: Callable[..., Task], *arguments: Any) -> Any:
        """Wait for a native call: `blocking(*arguments)`, or the task that `start` returns."""
        del blocking
        return await wait_for_task(start, *arguments)

    async def _get_key(self) -> str | None:
        key = self._call_key_function()
        if key is None or isinstance(key, str):
            return key
        awaited: str = await key
        return awaited

    def _call_key_function(self) -> Any:
        """Return what the key function returns: a key, or with an asynchronous function an awaitable; `None` without a function."""
        return None if self._key is None else self._key()

    def _prepare(
        self, endpoint: str, request: dict[str, Any], key: str | None, notices: dict[str, Any] | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        body, options = split(request)
        if key is not None:
            options["api_key"] = key
        if notices is not None:
            options.update(notices)
        if self._warns:
            import warnings

            for _, message in self.native.findings(endpoint, body):
                warnings.warn(message, stacklevel=_own_frames())
        return body, options


class BlockingSender(Sender):
    """Sends the requests of a `Client`: its coroutines wait in the calling thread and never suspend."""

    async def _wait(self, blocking: Callable[..., Any], start: Callable[..., Task], *arguments: Any) -> Any:
        return wait_blocking(blocking, start, *arguments)

    async def _get_key(self) -> str | None:
        key = self._call_key_function()
        if key is not None and not isinstance(key, str):
            message = "api_key returned no str; an asynchronous function needs AsyncClient"
            raise TypeError(message)
        return key


def run_blocking(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that only awaits a `BlockingSender`, and so never suspends."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        work.close()
    message = "a blocking call was suspended"
    raise RuntimeError(message)


#: Arguments that configure how a request is sent, and are not part of its body.
_options: frozenset[str] = frozenset()


def _load_options() -> frozenset[str]:
    """Return the names of the options, which are loaded with the first call. The sender itself sets the key of a request and where its notices go."""
    global _options
    from ._generated.constants import REQUEST_OPTIONS

    _options = frozenset(REQUEST_OPTIONS) - {"api_key", "notice_id", "notify_all"}
    return _options


#: The names of the classes of `NOT_GIVEN` and `omit`, here and in the official clients.
_NOT_GIVEN = frozenset({"NotGiven", "Omit"})


def is_given(value: T | None) -> TypeGuard[T]:
    """Return whether a value is an argument: neither `None` nor one that stands for an argument that is not given."""
    return value is not None and type(value).__name__ not in _NOT_GIVEN


def split(request: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split arguments into the body and the options. Arguments that are `None` or `NOT_GIVEN` are left out."""
    names = _options or _load_options()
    body: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for name, value in request.items():
        if is_given(value):
            (options if name in names else body)[name] = value
    if "messages" in body:
        body["messages"] = as_list(body["messages"])
    if "budget" in options:
        from ._objects.amounts import plain

        options["budget"] = plain(options["budget"])
    return body, options


def as_list(value: Any) -> Any:
    """Return an iterable as a list. Strings, mappings and other values are returned unchanged, for the core to refuse."""
    if isinstance(value, (str, bytes)) or hasattr(value, "keys") or not hasattr(value, "__iter__"):
        return value
    return list(value)


def list_of(name: str, value: Any) -> list[Any]:
    """Return an iterable as a list. Raises InvalidRequestError for a string, a mapping, and a value that is not iterable."""
    items = as_list(value)
    if isinstance(items, list):
        return items
    from ._generated.errors import InvalidRequestError

    example = '; pass [{"role": "user", "content": "…"}]' if name == "messages" else ""
    message = f"{name} must be a list, not a {type(value).__name__}{example}"
    raise InvalidRequestError(message)


def _own_frames() -> int:
    """Return the distance to the nearest stack frame outside this package, as `stacklevel` counts it."""
    import sys

    frame, count = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("trilogue."):
        frame, count = frame.f_back, count + 1
    return count


class Resource:
    """A part of a client, such as `client.models`."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender


def result_of(kind: type[M], reply: Reply) -> M:
    """Create a result from a reply."""
    value, *response = reply
    result = kind(value)
    result.__dict__["_response"] = tuple(response)
    return result
