"""Spans and metrics of calls, by OpenTelemetry's semantic conventions for generative AI.

Imported only if an SDK is configured. A call has one span, retries included, which ends with the stream. Content of messages is recorded only
if `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` requests it.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from opentelemetry import context, metrics, propagate, trace

from .._generated.operations import operation
from .._native import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The version of the conventions that define the names and units.
_SCHEMA = "https://opentelemetry.io/schemas/1.44.0"
_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_FIRST_CHUNK = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_TOKENS = tuple(4**power for power in range(14))


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
            with_content=with_content,
        )
        self._shared = traced["shared"]
        model = self._shared.get("gen_ai.request.model")
        # Samplers see the attributes that a span is started with.
        self._span = trace.get_tracer("trilogue", __version__, schema_url=_SCHEMA).start_span(
            f"chat {model}" if model else "chat", kind=trace.SpanKind.CLIENT, attributes=self._shared
        )
        self._span.set_attributes(traced["attributes"])
        if streamed:
            self._span.set_attribute("gen_ai.request.stream", value=True)

    def make_current(self) -> None:
        """Make this the current span of the context in which the method is called."""
        context.attach(trace.set_span_in_context(self._span))

    def headers(self) -> dict[str, str]:
        """Return the headers that make the server's spans children of this one, as the program's propagators define."""
        headers: dict[str, str] = {}
        propagate.inject(headers)
        return headers

    def add_retry(self, notice: dict[str, Any]) -> None:
        """Record that the request is sent again."""
        attributes = {
            "error.type": notice["kind"],
            "exception.message": notice["message"],
            "http.response.status_code": notice["status"],
            "http.request.resend_count": notice["retry"],
            "retry.wait": notice["wait"],
        }
        self._span.add_event("retry", {name: value for name, value in attributes.items() if value is not None})

    def end(self, result: dict[str, Any], elapsed: float, first: float | None, error: BaseException | None) -> None:
        """End the span. Times are in seconds."""
        shared = dict(self._shared)
        if error is not None:
            shared["error.type"] = type(error).__qualname__
            self._span.set_attribute("error.type", type(error).__qualname__)
            self._span.set_status(trace.StatusCode.ERROR, str(error))
        with_content = self._span.is_recording() and _records_content()
        attributes = operation("trace_reply", reply=result, with_content=with_content)["attributes"]
        self._span.set_attributes(attributes)
        if first is not None:
            self._span.set_attribute("gen_ai.response.time_to_first_chunk", first)
        if "gen_ai.response.model" in attributes:
            shared["gen_ai.response.model"] = attributes["gen_ai.response.model"]
        instruments = _instruments(metrics.get_meter_provider())
        # Recorded while the span is current, so that exemplars can refer to it.
        instruments.duration.record(elapsed, shared)
        if first is not None:
            instruments.first_chunk.record(first, shared)
        shared.pop("error.type", None)
        for direction in ("input", "output"):
            count = attributes.get(f"gen_ai.usage.{direction}_tokens")
            if count is not None:
                instruments.tokens.record(count, {**shared, "gen_ai.token.type": direction})
        self._span.end()


def _records_content() -> bool:
    """Return whether spans may contain the content of messages."""
    setting = os.environ.get("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "")
    return setting.strip().lower() in {"span_only", "span_and_event", "true"}


class _Instruments:
    def __init__(self, provider: metrics.MeterProvider) -> None:
        meter = provider.get_meter("trilogue", __version__, schema_url=_SCHEMA)

        def histogram(name: str, unit: str, about: str, bounds: Iterable[float]) -> metrics.Histogram:
            return meter.create_histogram(name, unit, about, explicit_bucket_boundaries_advisory=list(bounds))

        duration = "gen_ai.client.operation.duration"
        self.duration = histogram(duration, "s", "GenAI operation duration.", _SECONDS)
        first = "gen_ai.client.operation.time_to_first_chunk"
        self.first_chunk = histogram(first, "s", "Time to receive the first chunk.", _FIRST_CHUNK)
        usage = "gen_ai.client.token.usage"
        self.tokens = histogram(usage, "{token}", "Number of input and output tokens used.", _TOKENS)


@cache
def _instruments(provider: metrics.MeterProvider) -> _Instruments:
    return _Instruments(provider)
