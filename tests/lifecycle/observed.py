"""Runs programs that log or trace, each in a process of its own. Asserts only that they succeed."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from conftest import PYTHON, environment


def python(base_url: str, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script, which must succeed."""
    start = (
        "import gc, json, sys\nimport trilogue\nask = dict(model='m', messages=[{'role': 'user', 'content': 'Hi'}])\n"
    )
    ended = subprocess.run(
        [PYTHON, "-X", "dev", "-W", "error", "-c", start + script],
        env=environment(base_url, **variables),
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 0, ended.stderr
    return ended


STREAM = "trilogue.Client().chat.completions.create(**ask, stream=True).until_done()\n"


TRACING = (
    "import asyncio\n"
    "from opentelemetry import metrics, trace\n"
    "from opentelemetry.sdk.metrics import MeterProvider\n"
    "from opentelemetry.sdk.metrics.export import InMemoryMetricReader\n"
    "from opentelemetry.sdk.trace import TracerProvider\n"
    "from opentelemetry.sdk.trace.export import SimpleSpanProcessor\n"
    "from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter\n"
    "exporter, reader, provider = InMemorySpanExporter(), InMemoryMetricReader(), TracerProvider(shutdown_on_exit=False)\n"
    "provider.add_span_processor(SimpleSpanProcessor(exporter))\n"
    "trace.set_tracer_provider(provider)\n"
    "metrics.set_meter_provider(MeterProvider([reader], shutdown_on_exit=False))\n"
    "def finished(): return [json.loads(span.to_json()) for span in exporter.get_finished_spans()]\n"
    "def measured():\n"
    "    (scope,) = reader.get_metrics_data().resource_metrics[0].scope_metrics\n"
    "    return {metric.name: [(dict(point.attributes), point.count, point.sum) for point in metric.data.data_points]\n"
    "            for metric in scope.metrics}\n"
)


def traced(base_url: str, script: str, **variables: str) -> Any:
    """Run a script that prints JSON, with OpenTelemetry set up."""
    return json.loads(python(base_url, TRACING + script, **variables).stdout)
