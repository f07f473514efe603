"""Makes the calls of the test with every exporter of Python, and prints what each has exported, as JSON.

Standard input has the cases, with the base URLs of their servers. Asserts nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import trilogue


class Keep(logging.Handler):
    """Keeps the lines, and the records of calls."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.records: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a log record."""
        self.lines.append(record.getMessage().split("] ", 1)[1])
        if hasattr(record, "call"):
            self.records.append(record.call)


exporter, reader, provider = InMemorySpanExporter(), InMemoryMetricReader(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
metrics.set_meter_provider(MeterProvider([reader]))
keep = Keep()
logging.getLogger("trilogue").addHandler(keep)
logging.getLogger("trilogue").setLevel("DEBUG")


async def make_call(case: dict[str, Any]) -> None:
    fallbacks = [{"base_url": case["other"], "model": "spare"}] if "other" in case else None
    client = trilogue.AsyncClient(
        base_url=case["base_url"],
        api_key="sk-hushhush-1234",
        prices=case["prices"],
        max_retries=case.get("max_retries", 2),
        fallbacks=fallbacks,
    )
    request = {"model": case["name"], "messages": [{"role": "user", "content": "Hi"}]}
    until = case.get("until", "end")
    try:
        if until == "sent":
            await asyncio.wait_for(client.chat.completions.create(**request), 0.5)
        elif not case.get("stream"):
            await client.chat.completions.create(**request)
        else:
            stream = await client.chat.completions.create(**request, stream=True)
            async for _ in stream:
                if until == "first":
                    break
            await stream.close()
    except (trilogue.APIError, asyncio.TimeoutError):
        pass


def exported() -> dict[str, Any]:
    """Take what the exporters have got since the last call."""
    (span,) = exporter.get_finished_spans()
    (record,) = keep.records
    result = {
        "record": record,
        "lines": [*keep.lines],
        "span": {
            "name": span.name,
            "attributes": dict(span.attributes or {}),
            "failure": span.status.description,
            "events": [{"name": event.name, "attributes": dict(event.attributes or {})} for event in span.events],
        },
    }
    exporter.clear()
    keep.lines.clear()
    keep.records.clear()
    return result


def weather(city: str) -> str:
    """Return the weather of a city."""
    with trace.get_tracer("program").start_as_current_span("lookup"):
        if city != "Oslo":
            message = f"no such city: {city}"
            raise ValueError(message)
    return "sunny"


def run_tools(base_url: str) -> list[Any]:
    """Run a model that calls the function, and return the tree of the spans: each with its parent's name."""
    client = trilogue.Client(base_url=base_url, api_key="sk-hushhush-1234")
    with trace.get_tracer("program").start_as_current_span("program"):
        client.chat.completions.run_tools(
            model="tools", messages=[{"role": "user", "content": "Hi"}], tools=[weather]
        ).until_done()
    spans = exporter.get_finished_spans()
    names = {span.context.span_id: span.name for span in spans}
    return [
        {
            "name": span.name,
            "parent": span.parent and names.get(span.parent.span_id),
            "attributes": dict(span.attributes or {}),
            "failure": span.status.description,
        }
        for span in spans
    ]


given = json.load(sys.stdin)
results = {}
for case in given["cases"]:
    asyncio.run(make_call(case))
    results[case["name"]] = exported()
measured = reader.get_metrics_data()
(scope,) = measured.resource_metrics[0].scope_metrics if measured else ()
points = [
    {"name": metric.name, "attributes": dict(point.attributes), "count": point.count, "sum": point.sum}
    for metric in scope.metrics
    for point in metric.data.data_points
]
print(json.dumps({"calls": results, "metrics": points, "tools": run_tools(given["tools"])}, default=list))
