"""Observers of single calls, which pass the core's notices to the log and to the call's span.

An observer measures nothing: the last notice of a call is its record. It changes nothing about its call except the trace that its headers name.
"""

from __future__ import annotations

import sys
from contextvars import copy_context
from itertools import count
from typing import TYPE_CHECKING, Any

from .._sender import split
from . import active_logger, is_traced, observers

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from .._native import NativeStream
    from .._sender import Sender
    from .log import CallLog
    from .run_trace import RunTrace
    from .telemetry import CallSpan

_numbers = count(1)


class CallObserver:
    """Observes one call, which a tool run may have sent."""

    def __init__(
        self, sender: Sender, endpoint: str, request: dict[str, Any], run: RunTrace | None, *, streamed: bool
    ) -> None:
        self.number = next(_numbers)
        #: The caller's context: log records from another thread appear to come from there.
        self._context = copy_context()
        self._native = sender.native
        self._endpoint = endpoint
        self._streamed = streamed
        #: What happened to the call; `None` before its end.
        self._record: dict[str, Any] | None = None
        self._log: CallLog | None = None
        self.span: CallSpan | None = None
        logger = active_logger()
        if logger is not None:
            from .log import CallLog

            self._log = CallLog(logger, self.number)
        body, options = split(request)
        self._model = body.get("model")
        self.request = {**body, **options}
        #: The options that make the core report the call to this observer.
        self.notices = {
            "notice_id": self.number,
            "notify_all": self._log is not None and self._log.wants_all,
        }
        if is_traced() and endpoint in {"chat", "messages"}:
            from . import telemetry

            self.span = telemetry.begin(sender.native.base_url, endpoint, body, streamed=streamed)
            if self.span is not None:
                if run is not None:
                    run.context = self.span.context
                self._context.run(self.span.make_current)
                headers = self._context.run(self.span.headers)
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
        if notice["type"] == "ended":
            observers.pop(self.number, None)
            record = self._record = notice["record"]
            if self.span is not None and not self.span.with_content:
                self.span.end(record)

    @property
    def waits_for_content(self) -> bool:
        """Whether the span is open until the reply is known."""
        return self.span is not None and self.span.with_content

    def end(self, reply: Any) -> None:
        """End a span that records the content of the reply, of which `reply` is what was received."""
        if self.span is not None and self._record is not None and self.span.with_content:
            self.run_in_context(self.span.end, self._record, reply if isinstance(reply, dict) else {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None:
            return
        if self._record is None:
            # The call failed before it reached the core, which has sent the record of any other call by now.
            model = self._model if isinstance(self._model, str) else None
            self._native.record_failure(
                self.number,
                self._endpoint,
                model,
                streamed=self._streamed,
                error=type(error).__name__,
                message=str(error),
            )
        self.end(_partial(error))


def _partial(error: BaseException | None) -> Any:
    """Return the part of a reply that an error carries."""
    partial = getattr(error, "partial", None)
    return partial and partial.to_dict()


class ContentStream:
    """A native stream whose reply is recorded in the span of its call when it ends, is closed or is garbage-collected."""

    def __init__(self, native: NativeStream, observer: CallObserver) -> None:
        self._native = native
        self._observer = observer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._native, name)

    def _observe(self, take: Callable[..., Any], make: Callable[[dict[str, Any]], Any], view: str | None) -> Any:
        try:
            batch = take(make, view)
        except Exception as error:
            self._observer.end(_partial(error))
            raise
        if batch is None or (batch is not False and batch.done):
            self._observer.end(self._native.snapshot())
        return batch

    def try_take(self, make: Callable[[dict[str, Any]], Any], view: str | None) -> Any:
        """Take the items that were read."""
        return self._observe(self._native.try_take, make, view)

    def take(self, make: Callable[[dict[str, Any]], Any], view: str | None) -> Any:
        """Wait for items."""
        return self._observe(self._native.take, make, view)

    def cancel(self) -> None:
        """Close the connection."""
        self._native.cancel()
        self._observer.end(self._native.snapshot())

    def abandon(self, message: str) -> None:
        """Close the connection; further reads raise an error with this message."""
        self._native.abandon(message)
        self._observer.end(self._native.snapshot())

    def __del__(self) -> None:
        if not sys.is_finalizing():
            self._native.cancel()
            # Without the reply: this may be any thread, also one that must not wait.
            self._observer.end(None)
