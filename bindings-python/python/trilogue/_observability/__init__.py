"""Logging and tracing of calls: whether calls are observed, and where notices of the core go.

A call without observers costs two look-ups. Neither `logging` nor OpenTelemetry is imported here: a program that uses them has imported
them, and `TRILOGUE_LOG` requests the first.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger
    from typing import Any

    from .._native import NativeClient, NativeStream
    from .._sender import Reply, Sender
    from .observer import CallObserver
    from .run_trace import RunTrace

#: `logging.INFO`, without importing `logging`.
_INFO = 20

_logger: Logger | None = None
#: Observers of calls in progress, by the number under which the core reports a call.
observers: dict[int, CallObserver] = {}


def active_logger() -> Logger | None:
    """Return the logger `trilogue`; `None` if its level excludes everything below a warning."""
    global _logger
    if _logger is None:
        get: Callable[[str], Logger] | None = getattr(sys.modules.get("logging"), "getLogger", None)
        if get is None:
            return None
        _logger = get("trilogue")
    return _logger if _logger.isEnabledFor(_INFO) else None


def _has_sdk(module: str, provider: str) -> bool:
    """Return whether an SDK implements a module of OpenTelemetry's API, which otherwise returns placeholders."""
    get = getattr(sys.modules.get(module), provider, None)
    return get is not None and not type(get()).__name__.lstrip("_").startswith(("Proxy", "NoOp"))


def is_traced() -> bool:
    """Return whether spans or metrics are exported."""
    return _has_sdk("opentelemetry.trace", "get_tracer_provider") or _has_sdk(
        "opentelemetry.metrics", "get_meter_provider"
    )


def is_observed() -> bool:
    """Return whether calls are logged or traced."""
    return active_logger() is not None or is_traced()


async def call(sender: Sender, endpoint: str, request: dict[str, Any], run: RunTrace | None) -> Reply:
    """Send a request as `Sender.call` does, and observe the call."""
    from .observer import CallObserver

    with CallObserver(sender, endpoint, request, run, streamed=False) as observer:
        reply = await sender.send_call(endpoint, observer.request, observer.notices)
        observer.end(reply[0])
        return reply


async def stream(sender: Sender, endpoint: str, request: dict[str, Any], run: RunTrace | None) -> NativeStream:
    """Open a stream as `Sender.stream` does, and observe it."""
    from .observer import CallObserver, ContentStream

    with CallObserver(sender, endpoint, request, run, streamed=True) as observer:
        opened = await sender.send_stream(endpoint, observer.request, observer.notices)
        wrapped: Any = ContentStream(opened, observer) if observer.waits_for_content else opened
        return wrapped  # type: ignore[no-any-return]


def subscribe(native: NativeClient) -> None:
    """Subscribe to the notices of a client: warnings of all its calls, and the events of observed calls."""
    native.observe(_receive)


def _receive(number: int, notice: dict[str, Any]) -> None:
    """Pass on a notice of the core, in the thread that drives the call."""
    observer = observers.get(number)
    if observer is not None:
        observer.run_in_context(observer.receive, notice)
    elif notice["type"] == "warning":
        from .log import warn

        warn(notice["text"])


if os.environ.get("TRILOGUE_LOG"):
    from . import log

    log.configure(os.environ["TRILOGUE_LOG"])
