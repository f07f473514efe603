"""Spans and metrics of calls, by OpenTelemetry's semantic conventions for generative AI.

Imported only if an SDK is configured. A call has one span, retries included, which ends with the stream. Content of messages is recorded only
if `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` requests it.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opentelemetry import context, metrics, propagate, trace

from .._generated.operations import operation
from .._native import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The version of the conventions that define the names and units.
_SCHEMA = "https://opentelemetry.io/schemas/1.44.0"
#: Names of providers in the conventions, by the domains of their hosts. Other providers have the name of their API's format.
_PROVIDERS = {
    "anthropic.com": "anthropic",
    "deepseek.com": "deepseek",
    "groq.com": "groq",
    "mistral.ai": "mistral_ai",
    "modelslab.com": "modelslab",
    "moonshot.ai": "moonshot_ai",
    "openai.azure.com": "azure.ai.openai",
    "openai.com": "openai",
    "perplexity.ai": "perplexity",
    "x.ai": "x_ai",
}
_FORMATS = {"chat": "openai", "messages": "anthropic"}
#: Attributes by the fields of a request.
_REQUEST = {
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "max_completion_tokens": "gen_ai.request.max_tokens",
    "max_tokens": "gen_ai.request.max_tokens",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "reasoning_effort": "gen_ai.request.reasoning.level",
    "seed": "gen_ai.request.seed",
    "temperature": "gen_ai.request.temperature",
    "top_k": "gen_ai.request.top_k",
    "top_p": "gen_ai.request.top_p",
}
_OUTPUTS = {"json_object": "json", "json_schema": "json", "text": "text"}
_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_FIRST_CHUNK = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_TOKENS = tuple(4**power for power in range(14))


def begin(base_url: str, endpoint: str, request: dict[str, Any], *, streamed: bool) -> CallSpan | None:
    """Start the span of a call; `None` where the program suppresses instrumentation."""
    if context.get_value("suppress_instrumentation"):
        return None
    return CallSpan(base_url, endpoint, request, streamed=streamed)


@cache
def _server(base_url: str, endpoint: str) -> dict[str, Any]:
    """Return the attributes of the server."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    known = (name for end, name in _PROVIDERS.items() if host == end or host.endswith(f".{end}"))
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": next(known, _FORMATS[endpoint]),
        "server.address": host,
        "server.port": parts.port or (443 if parts.scheme == "https" else 80),
    }


class CallSpan:
    """The span and the metrics of one call."""

    def __init__(self, base_url: str, endpoint: str, request: dict[str, Any], *, streamed: bool) -> None:
        self._endpoint = endpoint
        model = request.get("model")
        self._shared = {**_server(base_url, endpoint), **({"gen_ai.request.model": model} if model else {})}
        # Samplers see the attributes that a span is started with.
        self._span = trace.get_tracer("trilogue", __version__, schema_url=_SCHEMA).start_span(
            f"chat {model}" if model else "chat", kind=trace.SpanKind.CLIENT, attributes=self._shared
        )
        if self._span.is_recording():
            self._span.set_attributes(_request_attributes(request))
            if streamed:
                self._span.set_attribute("gen_ai.request.stream", value=True)
            if _records_content():
                from .content import request_attributes

                self._span.set_attributes(request_attributes(endpoint, request))

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
        facts = {
            "error.type": notice["kind"],
            "exception.message": notice["message"],
            "http.response.status_code": notice["status"],
            "http.request.resend_count": notice["retry"],
            "retry.wait": notice["wait"],
        }
        self._span.add_event("retry", {name: value for name, value in facts.items() if value is not None})

    def end(self, result: dict[str, Any], elapsed: float, first: float | None, error: BaseException | None) -> None:
        """End the span. Times are in seconds."""
        shared = dict(self._shared)
        if error is not None:
            shared["error.type"] = type(error).__qualname__
            self._span.set_attribute("error.type", type(error).__qualname__)
            self._span.set_status(trace.StatusCode.ERROR, str(error))
        if isinstance(result.get("model"), str):
            shared["gen_ai.response.model"] = result["model"]
        if self._span.is_recording():
            self._span.set_attributes(_reply_attributes(result))
            if first is not None:
                self._span.set_attribute("gen_ai.response.time_to_first_chunk", first)
            if _records_content():
                from .content import reply_attributes

                self._span.set_attributes(reply_attributes(result))
        instruments = _instruments(metrics.get_meter_provider())
        # Recorded while the span is current, so that exemplars can refer to it.
        instruments.duration.record(elapsed, shared)
        if first is not None:
            instruments.first_chunk.record(first, shared)
        shared.pop("error.type", None)
        for direction, number in zip(("input", "output"), _count_tokens(result), strict=True):
            if number is not None:
                instruments.tokens.record(number, {**shared, "gen_ai.token.type": direction})
        self._span.end()


def _request_attributes(request: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a request's parameters."""
    found = {
        name: request[field] for field, name in _REQUEST.items() if isinstance(request.get(field), (int, float, str))
    }
    stop = request.get("stop", request.get("stop_sequences"))
    if stop is not None:
        found["gen_ai.request.stop_sequences"] = [stop] if isinstance(stop, str) else [str(one) for one in stop]
    if isinstance(request.get("n"), int) and request["n"] != 1:
        found["gen_ai.request.choice.count"] = request["n"]
    form = request.get("response_format")
    kind = _OUTPUTS.get(form["type"]) if isinstance(form, dict) and isinstance(form.get("type"), str) else None
    if kind is not None:
        found["gen_ai.output.type"] = kind
    return found


def _reply_attributes(result: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a completion or message."""
    read, written = _count_tokens(result)
    usage = _fields(result, "usage")
    found = {
        "gen_ai.response.id": result.get("id"),
        "gen_ai.response.model": result.get("model"),
        "gen_ai.response.finish_reasons": _reasons(result),
        "gen_ai.usage.input_tokens": read,
        "gen_ai.usage.output_tokens": written,
        "gen_ai.usage.cache_read.input_tokens": _fields(usage, "prompt_tokens_details").get(
            "cached_tokens", usage.get("cache_read_input_tokens")
        ),
        "gen_ai.usage.cache_creation.input_tokens": usage.get("cache_creation_input_tokens"),
        "gen_ai.usage.reasoning.output_tokens": _fields(usage, "completion_tokens_details").get("reasoning_tokens"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _reasons(result: dict[str, Any]) -> list[str] | None:
    """Return the finish reason of each choice; `error` for one without."""
    if result.get("type") == "message":
        return [str(result.get("stop_reason") or "error")]
    choices = result.get("choices")
    return [str(choice.get("finish_reason") or "error") for choice in choices] if isinstance(choices, list) else None


def _fields(value: dict[str, Any], name: str) -> dict[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}


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


def _count_tokens(result: dict[str, Any]) -> tuple[int | None, int | None]:
    """Return the input tokens of a reply, those of caches included, and its output tokens."""
    counts = operation("count_usage", usage=result.get("usage"))
    return counts.get("read"), counts.get("written")
