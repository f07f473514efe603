"""Spans and metrics of calls, by OpenTelemetry's semantic conventions for generative AI.

Imported only if an SDK is configured. The core writes names and attributes, and the values of metrics, from the record of each call. A call has one
span, retries included, which ends with the stream; a function that a tool run calls has a span below that of the call which requested it. Content
of messages is recorded only if `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` requests it.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from opentelemetry import context, metrics, propagate, trace

from .._generated.constants import CONTENT_SETTINGS, CONTENT_VARIABLE, TRACE_SCHEMA_URL
from .._generated.operations import operation
from .._native import __version__
from .._tools.tool import text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context
    from typing_extensions import Self

_MILLION = 1_000_000


def begin(base_url: str, endpoint: str, request: dict[str, Any], *, streamed: bool) -> CallSpan | None:
    """Start the span of a call with this body; `None` if the program suppresses instrumentation."""
    if context.get_value("suppress_instrumentation"):
        return None
    return CallSpan(base_url, endpoint, request, streamed=streamed)


class CallSpan:
    """The span and the metrics of one call."""

    def __init__(self, base_url: str, endpoint: str, request: dict[str, Any], *, streamed: bool) -> None:
        with_content = _records_content()
        if not with_content:
            request = {name: value for name, value in request.items() if name not in ("messages", "tools")}
        traced = operation(
            "trace_request",
            base_url=base_url,
            endpoint=cast("Any", endpoint),
            request=request,
            is_stream=streamed,
            with_content=with_content,
        )
        # Samplers see the attributes that a span is started with.
        self._span = _tracer().start_span(traced["name"], kind=trace.SpanKind.CLIENT, attributes=traced["shared"])
        self._span.set_attributes(traced["attributes"])
        #: The context in which this span is the current one.
        self.context: Context = trace.set_span_in_context(self._span)
        #: Whether the content of the reply is recorded.
        self.with_content = with_content and self._span.is_recording()
        self._is_over = False

    def make_current(self) -> None:
        """Make this the current span of the context in which the method is called."""
        context.attach(self.context)

    def headers(self) -> dict[str, str]:
        """Return the headers that make the server's spans children of this one, as the program's propagators define."""
        headers: dict[str, str] = {}
        propagate.inject(headers)
        return headers

    def end(self, record: dict[str, Any], reply: dict[str, Any] | None = None) -> None:
        """End the span with the record of the call, and the content of its reply. Later calls have no effect."""
        if self._is_over:
            return
        self._is_over = True
        traced = operation("trace_record", record=record)
        self._span.set_attributes(traced["attributes"])
        if reply:
            self._span.set_attributes(operation("trace_reply", reply=reply)["attributes"])
        for event in traced["events"]:
            self._span.add_event(event["name"], event["attributes"], round(event["time"] * _MILLION))
        failure = traced.get("failure")
        if failure is not None:
            self._span.set_status(trace.StatusCode.ERROR, failure)
        instruments = _instruments(metrics.get_meter_provider())
        # Recorded while the span is current, so that exemplars can refer to it.
        for measured in traced["measurements"]:
            instruments[measured["name"]].record(measured["value"], measured["attributes"])
        self._span.end()


def run_tool(parent: Context | None, call: Any, function: Callable[[], Any]) -> Callable[[], Any]:
    """Return a function that calls `function` within a span, which ends with the function, or with the coroutine that it returns."""

    def run() -> Any:
        if context.get_value("suppress_instrumentation"):
            return function()
        span = _ToolSpan(parent, call)
        with span:
            value = function()
            if not hasattr(value, "__await__"):
                span.end(value)
                return value
        return span.wait_for(value)

    return run


class _ToolSpan:
    """The span of a function that a model called. It is the current span within its `with`, and ends with an exception that leaves it."""

    def __init__(self, parent: Context | None, call: Any) -> None:
        self._call = call
        traced = operation("trace_tool", call=call, with_content=_records_content())
        self._span = _tracer().start_span(traced["name"], parent, attributes=traced["attributes"])

    def __enter__(self) -> Self:
        self._token = context.attach(trace.set_span_in_context(self._span))
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        context.detach(self._token)
        if error is not None:
            self._end({"error": type(error).__name__, "message": str(error)})

    async def wait_for(self, value: Any) -> Any:
        """Wait for the result of an asynchronous function."""
        with self:
            result = await value
            self.end(result)
            return result

    def end(self, value: Any) -> None:
        """End the span with the function's result, as the model reads it."""
        self._end({"content": text_of(value)} if _records_content() else {})

    def _end(self, outcome: dict[str, str]) -> None:
        traced = operation("trace_tool", call=self._call, outcome=outcome, with_content=_records_content())
        self._span.set_attributes(traced["attributes"])
        failure = traced.get("failure")
        if failure is not None:
            self._span.set_status(trace.StatusCode.ERROR, failure)
        self._span.end()


def _tracer() -> trace.Tracer:
    return trace.get_tracer("trilogue", __version__, schema_url=TRACE_SCHEMA_URL)


def _records_content() -> bool:
    """Return whether spans may contain the content of messages."""
    return os.environ.get(CONTENT_VARIABLE, "").strip().lower() in CONTENT_SETTINGS


@cache
def _instruments(provider: metrics.MeterProvider) -> dict[str, metrics.Histogram]:
    """Return the instruments of a provider, by their names."""
    meter = provider.get_meter("trilogue", __version__, schema_url=TRACE_SCHEMA_URL)
    instruments: list[Any] = operation("trace_instruments")["instruments"]
    return {
        one["name"]: meter.create_histogram(
            one["name"], one["unit"], one["description"], explicit_bucket_boundaries_advisory=one["bounds"]
        )
        for one in instruments
    }
