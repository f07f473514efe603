"""Observers of single calls, which pass on what happens to the log and to the call's span.

An observer changes nothing about its call except the trace that its headers name.
"""

from __future__ import annotations

import sys
from contextvars import copy_context
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .._sender import split
from . import active_logger, is_traced, observers

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from .._native import NativeStream
    from .._sender import Sender
    from .log import CallLog
    from .telemetry import CallSpan

_numbers = count(1)


class CallObserver:
    """Observes one call."""

    def __init__(self, sender: Sender, endpoint: str, request: dict[str, Any], *, streamed: bool) -> None:
        self.number = next(_numbers)
        #: The caller's context: log records from another thread appear to come from there.
        self._context = copy_context()
        self._started = perf_counter()
        self._first: float | None = None
        #: The number of chunks or events, of a stream.
        self._items: int | None = 0 if streamed else None
        self._unit = "chunks"
        self.is_over = False
        self._log: CallLog | None = None
        self._span: CallSpan | None = None
        logger = active_logger()
        if logger is not None:
            from .log import CallLog

            self._log = CallLog(logger, self.number)
        body, options = split(request)
        self.request = {
            **body,
            **options,
            "notice_id": self.number,
            "notify_all": self._log is not None and self._log.wants_all,
        }
        if is_traced() and endpoint in {"chat", "messages"}:
            from . import telemetry

            self._span = telemetry.begin(sender.native.base_url, endpoint, body, streamed=streamed)
            if self._span is not None:
                self._context.run(self._span.make_current)
                headers = self._context.run(self._span.headers)
                if headers:
                    self.request["extra_headers"] = {**headers, **(request.get("extra_headers") or {})}
        observers[self.number] = self

    def run_in_context(self, function: Callable[..., object], *arguments: Any) -> None:
        """Call a function in the caller's context, in which the span of this call is the current one."""
        # A copy, since two threads may need it at once.
        self._context.copy().run(function, *arguments)

    def receive(self, notice: dict[str, Any]) -> None:
        """Pass on a notice of the core."""
        if self._log is not None:
            self._log.write(notice)
        elif notice["type"] == "warning":
            from .log import warn

            warn(notice["text"])
        if self._span is not None and notice["type"] == "retrying":
            self._span.add_retry(notice)

    def count(self, items: int, unit: str) -> None:
        """Count the chunks or events that were delivered."""
        if items and self._first is None:
            self._first = perf_counter() - self._started
        self._items = (self._items or 0) + items
        self._unit = unit

    def end(self, result: Any, error: BaseException | None = None, *, is_whole: bool = True) -> None:
        """Report the end of the call: its result so far, and its error, or that its reader closed it early."""
        if not self.is_over:
            self.is_over = True
            observers.pop(self.number, None)
            self.run_in_context(self._end, result, error, is_whole)

    def _end(self, result: Any, error: BaseException | None, is_whole: bool) -> None:  # noqa: FBT001  (through `run`)
        elapsed = perf_counter() - self._started
        result = result if isinstance(result, dict) else {}
        if self._log is not None:
            summary = {
                "elapsed": elapsed * 1000,
                "first": None if self._first is None or self._items is None else self._first * 1000,
                "items": self._items,
                "unit": None if self._items is None else self._unit,
                "is_closed": not is_whole,
                "error": None if error is None else type(error).__name__,
                "message": None if error is None else str(error),
                "usage": result.get("usage"),
            }
            self._log.write_end(summary)
        if self._span is not None:
            self._span.end(result, elapsed, self._first, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is not None:
            self.end(None, error)


class ObservedStream:
    """A native stream with an observer, whose call ends when the stream ends, is closed or is garbage-collected."""

    def __init__(self, native: NativeStream, observer: CallObserver) -> None:
        self._native = native
        self._observer = observer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._native, name)

    def _end(self, error: BaseException | None = None, *, is_whole: bool = True) -> None:
        if not self._observer.is_over:
            partial = getattr(error, "partial", None)
            result = self._native.snapshot() if error is None else partial and partial.to_dict()
            self._observer.end(result, error, is_whole=is_whole)

    def _observe(self, take: Callable[..., Any], make: Callable[[dict[str, Any]], Any], view: str | None) -> Any:
        try:
            batch = take(make, view)
        except Exception as error:
            self._end(error)
            raise
        if batch is None:
            self._end()
        elif batch is not False:
            self._observer.count(batch.count, "chunks" if view is None else "events")
            if batch.done:
                self._end()
        return batch

    def try_take(self, make: Callable[[dict[str, Any]], Any], view: str | None) -> Any:
        """Take the items that were read, and count them."""
        return self._observe(self._native.try_take, make, view)

    def take(self, make: Callable[[dict[str, Any]], Any], view: str | None) -> Any:
        """Wait for items, and count them."""
        return self._observe(self._native.take, make, view)

    def cancel(self) -> None:
        """Close the connection."""
        self._native.cancel()
        self._end(is_whole=False)

    def abandon(self, message: str) -> None:
        """Close the connection; further reads raise an error with this message."""
        self._native.abandon(message)
        self._end(is_whole=False)

    def __del__(self) -> None:
        if not self._observer.is_over and not sys.is_finalizing():
            self._native.cancel()
            # Without the accumulated result: this may be any thread, also one that must not wait.
            self._observer.end(None, is_whole=False)
