"""Watching calls: who wants to know of one, and what of it they are told.

Law: two look-ups a call where nobody watches. Loads neither `logging` nor OpenTelemetry: a program that uses them has loaded them, and
`TRILOGUE_LOG` asks for the first. Changes nothing about a call but the trace that its headers name.
"""

from __future__ import annotations

import os
import sys
from itertools import count
from time import perf_counter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context
    from logging import Logger
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self

    from .._native import NativeClient, NativeStream
    from .._sender import Reply, Sender
    from .log import CallLog
    from .telemetry import CallSpan

#: `logging.INFO`, of which `logging` need not be loaded.
_INFO = 20

_logger: Logger | None = None
_numbers = count(1)
#: Calls under way, by the number under which the core tells of them.
_watches: dict[int, Watch] = {}


def logger() -> Logger | None:
    """Return the logger, where anybody listens to it."""
    global _logger
    if _logger is None:
        get: Callable[[str], Logger] | None = getattr(sys.modules.get("logging"), "getLogger", None)
        if get is None:
            return None
        _logger = get("trilogue")
    return _logger if _logger.isEnabledFor(_INFO) else None


def _provided(module: str, provider: str) -> bool:
    """Return whether an SDK stands behind a module of OpenTelemetry's API, which else hands out a stand-in."""
    get = getattr(sys.modules.get(module), provider, None)
    return get is not None and not type(get()).__name__.lstrip("_").startswith(("Proxy", "NoOp"))


def traced() -> bool:
    """Return whether spans or metrics go anywhere."""
    return _provided("opentelemetry.trace", "get_tracer_provider") or _provided(
        "opentelemetry.metrics", "get_meter_provider"
    )


def watched() -> bool:
    """Return whether anybody wants to know of calls."""
    return logger() is not None or traced()


def call(sender: Sender, endpoint: str, request: dict[str, Any]) -> Reply:
    """Send a request as `Sender.call` does, watched."""
    with Watch(sender, endpoint, request, streamed=False) as watch:
        reply = sender.call(endpoint, watch.request)
        watch.end(reply[0])
        return reply


async def call_async(sender: Sender, endpoint: str, request: dict[str, Any]) -> Reply:
    """Send a request as `Sender.call_async` does, watched."""
    with Watch(sender, endpoint, request, streamed=False) as watch:
        reply = await sender.call_async(endpoint, watch.request)
        watch.end(reply[0])
        return reply


def stream(sender: Sender, endpoint: str, request: dict[str, Any]) -> NativeStream:
    """Open a stream as `Sender.stream` does, watched."""
    with Watch(sender, endpoint, request, streamed=True) as watch:
        opened: Any = WatchedStream(sender.stream(endpoint, watch.request), watch)
        return opened  # type: ignore[no-any-return]


async def stream_async(sender: Sender, endpoint: str, request: dict[str, Any]) -> NativeStream:
    """Open a stream as `Sender.stream_async` does, watched."""
    with Watch(sender, endpoint, request, streamed=True) as watch:
        opened: Any = WatchedStream(await sender.stream_async(endpoint, watch.request), watch)
        return opened  # type: ignore[no-any-return]


def listen(native: NativeClient) -> None:
    """Receive the notices of a client: warnings of all its calls, and what happens to those under watch."""
    native.observe(_hear)


def _hear(number: int, notice: dict[str, Any]) -> None:
    """Receive a notice from the core, in whichever thread drives the call."""
    watch = _watches.get(number)
    if watch is not None:
        watch.within(watch.heard, notice)
    elif notice["type"] == "warning":
        _warn(notice)


def _warn(notice: dict[str, Any]) -> None:
    """Log a warning of a call that is not logged otherwise."""
    from .log import warn

    warn(notice["text"])


class Watch:
    """One call under watch."""

    def __init__(self, sender: Sender, endpoint: str, request: dict[str, Any], *, streamed: bool) -> None:
        from contextvars import copy_context

        self.number = next(_numbers)
        #: The context of the caller: what is logged from another thread looks as if it came from there.
        self._context: Context = copy_context()
        self._started = perf_counter()
        self._first: float | None = None
        self._items = 0
        self._unit = "chunks"
        self._over = False
        self._log: CallLog | None = None
        self._span: CallSpan | None = None
        listener = logger()
        if listener is not None:
            from .log import CallLog

            self._log = CallLog(listener, self.number, endpoint, request, streamed=streamed)
        self.request = {**request, "watch": self.number, "watch_all": self._log is not None and self._log.wants_all}
        if traced() and endpoint in {"chat", "messages"}:
            from . import telemetry

            self._span = telemetry.begin(sender.native.base_url, endpoint, request, streamed=streamed)
            if self._span is not None:
                self._context.run(self._span.make_current)
                headers = self._context.run(self._span.headers)
                if headers:
                    self.request["extra_headers"] = {**headers, **(request.get("extra_headers") or {})}
        _watches[self.number] = self

    def within(self, act: Callable[..., object], *arguments: Any) -> None:
        """Do something in the caller's context, where the span of this call is the current one."""
        # A copy, since two threads may want it at once.
        self._context.copy().run(act, *arguments)

    def heard(self, notice: dict[str, Any]) -> None:
        """Pass on what the core tells."""
        if self._log is not None:
            self._log.heard(notice)
        elif notice["type"] == "warning":
            _warn(notice)
        if self._span is not None and notice["type"] == "retrying":
            self._span.retrying(notice)

    def count(self, items: int, unit: str) -> None:
        """Count the chunks or events that were handed out."""
        if items and self._first is None:
            self._first = perf_counter() - self._started
        self._items += items
        self._unit = unit

    def end(self, result: Any, error: BaseException | None = None, *, whole: bool = True) -> None:
        """Tell how the call ended: what it brought, and the error, or that its reader left it."""
        if not self._over:
            self._over = True
            _watches.pop(self.number, None)
            self.within(self._end, result, error, whole)

    def _end(self, result: Any, error: BaseException | None, whole: bool) -> None:  # noqa: FBT001  (through `run`)
        elapsed = perf_counter() - self._started
        result = result if isinstance(result, dict) else {}
        if self._log is not None:
            counted = f"{self._items} {self._unit}"
            self._log.ended(elapsed, self._first, counted, tokens(result), error, whole=whole)
        if self._span is not None:
            self._span.end(result, elapsed, self._first, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self.end(None, error)


class WatchedStream:
    """A native stream, and a watch that is told how it goes. It ends the watch when it ends, is closed or collected."""

    def __init__(self, native: NativeStream, watch: Watch) -> None:
        self._native = native
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._native, name)

    def _end(self, error: BaseException | None = None, *, whole: bool = True) -> None:
        if not self._watch._over:
            partial = getattr(error, "partial", None)
            result = self._native.snapshot() if error is None else partial and partial.to_dict()
            self._watch.end(result, error, whole=whole)

    def _seen(self, take: Callable[..., Any], make: Callable[[dict[str, Any]], Any], view: str | None) -> Any:
        try:
            batch = take(make, view)
        except Exception as error:
            self._end(error)
            raise
        if batch is None:
            self._end()
        elif batch is not False:
            self._watch.count(batch.count, "chunks" if view is None else "events")
            if batch.done:
                self._end()
        return batch

    def try_take(self, make: Callable[[dict[str, Any]], Any], view: str | None) -> Any:
        """Take what was read, and count it."""
        return self._seen(self._native.try_take, make, view)

    def take(self, make: Callable[[dict[str, Any]], Any], view: str | None) -> Any:
        """Wait for something to take, and count it."""
        return self._seen(self._native.take, make, view)

    def cancel(self) -> None:
        """Close the connection."""
        self._native.cancel()
        self._end(whole=False)

    def abandon(self, message: str) -> None:
        """Close the connection; reading on is an error with this message."""
        self._native.abandon(message)
        self._end(whole=False)

    def __del__(self) -> None:
        if not self._watch._over and not sys.is_finalizing():
            self._native.cancel()
            # Without what was accumulated: this may be any thread, also one that must not wait.
            self._watch.end(None, whole=False)


def tokens(result: dict[str, Any]) -> tuple[int | None, int | None]:
    """Return the tokens of a reply: those that it read, of a cache or not, and those that it wrote."""
    usage = result.get("usage")
    if not isinstance(usage, dict):
        return None, None
    if "prompt_tokens" in usage or "completion_tokens" in usage:
        return _number(usage, "prompt_tokens"), _number(usage, "completion_tokens")
    read = [_number(usage, name) for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")]
    known = [number for number in read if number is not None]
    return sum(known) if known else None, _number(usage, "output_tokens")


def _number(fields: Any, name: str) -> int | None:
    value = fields.get(name) if isinstance(fields, dict) else None
    return value if isinstance(value, int) else None


if os.environ.get("TRILOGUE_LOG"):
    from . import log

    log.set_up(os.environ["TRILOGUE_LOG"])
