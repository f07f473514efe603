"""The records of calls, and everything that is exported from them: equal in every language, times excluded.

The expected record of each case is in `cases.json`. Logs, spans, metrics and channels are compared with the record.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from conftest import CASES, PROGRAMS, Exported

#: Times of a record and of its attempts.
TIMES = {"started_ms", "elapsed_ms", "queued_ms", "first_item_ms"}
NAMES = [case["name"] for case in CASES]
#: The calls of each program.
CALLS = [(program, name) for program in PROGRAMS for name in NAMES]
#: The members of a record that spans have as attributes.
ATTRIBUTES = {
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
    "response_id": "gen_ai.response.id",
    "response_model": "gen_ai.response.model",
    "model": "gen_ai.request.model",
    "error": "error.type",
}


def case_of(name: str) -> dict[str, Any]:
    return next(case for case in CASES if case["name"] == name)


def timeless(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without its times."""
    plain = {name: value for name, value in record.items() if name not in TIMES}
    plain["attempts"] = [
        {name: value for name, value in attempt.items() if name not in TIMES} for attempt in record["attempts"]
    ]
    return plain


def records(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records that a program has received of one call."""
    return result["records"] if "records" in result else [result["record"]]


def assert_contains(value: Any, subset: Any) -> None:
    if isinstance(subset, dict):
        for name, member in subset.items():
            assert_contains(value[name], member)
    elif isinstance(subset, list):
        assert len(value) == len(subset)
        for item, wanted in zip(value, subset, strict=True):
            assert_contains(item, wanted)
    else:
        assert value == subset


def line_of(result: dict[str, Any]) -> str:
    """Return the log line of the call's end, without times."""
    return re.sub(r"\d+ ms", "N ms", result["lines"][-1])


@pytest.mark.parametrize(("program", "name"), CALLS)
def test_a_call_has_one_record(name: str, program: str, exported: Exported) -> None:
    result = exported.of(program)["calls"][name]
    (record,) = records(result)
    assert_contains(record, case_of(name)["record"])
    (reference,) = records(exported.of("rust")["calls"][name])
    assert timeless(record) == timeless(reference)
    # No secret and no content.
    assert "hushhush" not in str(result)


@pytest.mark.parametrize(("program", "name"), CALLS)
def test_times_are_consistent(name: str, program: str, exported: Exported) -> None:
    (record,) = records(exported.of(program)["calls"][name])
    assert record["started_ms"] > 1_600_000_000_000
    assert (record["first_item_ms"] is not None) == ((record["items"] or 0) > 0)
    assert 0 <= (record["first_item_ms"] or 0) <= record["elapsed_ms"]
    started = [attempt["started_ms"] for attempt in record["attempts"]]
    assert started == sorted(started)


@pytest.mark.parametrize(("program", "name"), CALLS)
def test_the_last_log_line_has_the_numbers_of_the_record(name: str, program: str, exported: Exported) -> None:
    line = line_of(exported.of(program)["calls"][name])
    assert line.startswith(case_of(name)["line"])
    assert line == line_of(exported.of("rust")["calls"][name])


def span_of(result: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a call's span, as OpenTelemetry has them."""
    if "span" in result:
        return dict(result["span"]["attributes"])
    (span,) = result["spans"]
    assert span["is_closed"]
    attributes = dict(span["attributes"])
    for name in ("otel.name", "otel.kind", "otel.status_code", "otel.status_description"):
        attributes.pop(name, None)
    # `tracing` has no lists.
    if "gen_ai.response.finish_reasons" in attributes:
        attributes["gen_ai.response.finish_reasons"] = attributes["gen_ai.response.finish_reasons"].split(",")
    return attributes


@pytest.mark.parametrize(("program", "name"), [call for call in CALLS if call[0] != "wasm"])
def test_a_span_has_the_numbers_of_the_record(name: str, program: str, exported: Exported) -> None:
    attributes = span_of(exported.of(program)["calls"][name])
    (record,) = records(exported.of(program)["calls"][name])
    for member, attribute in ATTRIBUTES.items():
        assert attributes.get(attribute) == record[member], attribute
    assert attributes.get("gen_ai.response.finish_reasons", []) == record["finish_reasons"]
    assert attributes.get("trilogue.cost") == (None if record["cost"] is None else float(record["cost"]))
    assert attributes.get("trilogue.attempts", 1) == len(record["attempts"])
    assert attributes.get("gen_ai.request.stream", False) == record["is_stream"]
    first = attributes.pop("gen_ai.response.time_to_first_chunk", None)
    assert first == (None if record["first_item_ms"] is None else pytest.approx(record["first_item_ms"] / 1000))
    # The ports of servers differ.
    reference = span_of(exported.of("rust")["calls"][name])
    reference.pop("gen_ai.response.time_to_first_chunk", None)
    assert attributes == reference


@pytest.mark.parametrize("program", ["python", "node"])
@pytest.mark.parametrize("name", NAMES)
def test_a_span_has_an_event_for_each_retry(name: str, program: str, exported: Exported) -> None:
    span = exported.of(program)["calls"][name]["span"]
    (record,) = records(exported.of(program)["calls"][name])
    assert (span["name"], span["failure"]) == (f"chat {name}", record["message"])
    assert [event["name"] for event in span["events"]] == ["retry"] * (len(record["attempts"]) - 1)
    for number, (event, attempt) in enumerate(zip(span["events"], record["attempts"], strict=False), 1):
        assert event["attributes"] == {
            "http.request.resend_count": number,
            "error.type": attempt["error"],
            "exception.message": attempt["message"],
            "http.response.status_code": attempt["status"],
            "gen_ai.request.model": attempt["model"],
            "trilogue.base_url": attempt["base_url"],
        }


@pytest.mark.parametrize("name", NAMES)
def test_a_span_of_rust_has_an_event_for_each_attempt(name: str, exported: Exported) -> None:
    (span,) = exported.of("rust")["calls"][name]["spans"]
    (record,) = records(exported.of("rust")["calls"][name])
    attempts = [event for event in span["events"] if event["message"] == "attempt"]
    assert len(attempts) == len(record["attempts"])
    for event, attempt in zip(attempts, record["attempts"], strict=True):
        for member in ("base_url", "model", "status", "request_id", "error", "input_tokens", "output_tokens"):
            assert event.get(member) == attempt[member], member
    assert re.sub(r"\d+ ms", "N ms", span["events"][-1]["message"]) == line_of(exported.of("rust")["calls"][name])


def totals(program: str, exported: Exported) -> dict[Any, Any]:
    """Return the counts of each histogram's points, and the sums of those that don't measure time."""
    points = {}
    for point in exported.of(program)["metrics"]:
        key = (
            point["name"],
            tuple(sorted((name, value) for name, value in point["attributes"].items() if name != "server.port")),
        )
        points[key] = (point["count"], point["sum"] if "token" in point["name"] else None)
    return points


def test_metrics_have_the_numbers_of_the_records(exported: Exported) -> None:
    python = totals("python", exported)
    assert python == totals("node", exported)
    wanted: dict[tuple[str, str], int] = {}
    for name in NAMES:
        (record,) = records(exported.of("python")["calls"][name])
        wanted[name, "duration"] = 1
        if record["first_item_ms"] is not None:
            wanted[name, "first"] = 1
        for kind in ("input", "output"):
            if record[f"{kind}_tokens"] is not None:
                wanted[name, kind] = record[f"{kind}_tokens"]
    kinds = {
        "gen_ai.client.operation.duration": "duration",
        "gen_ai.client.operation.time_to_first_chunk": "first",
    }
    found = {}
    for (metric, attributes), (count, total) in python.items():
        known = dict(attributes)
        kind = kinds.get(metric) or known["gen_ai.token.type"]
        found[known["gen_ai.request.model"], kind] = count if total is None else total
    assert found == wanted


@pytest.mark.parametrize(("program", "error"), [("python", "ValueError"), ("node", "TypeError")])
def test_functions_that_a_model_calls_have_spans_below_its_call(program: str, error: str, exported: Exported) -> None:
    spans = exported.of(program)["tools"]
    below = sorted((span["name"], span["parent"] or "") for span in spans)
    assert below == [
        ("chat tools", "program"),
        ("chat tools", "program"),
        ("execute_tool weather", "chat tools"),
        ("execute_tool weather", "chat tools"),
        ("lookup", "execute_tool weather"),
        ("lookup", "execute_tool weather"),
        ("program", ""),
    ]
    tools = {
        span["attributes"].pop("gen_ai.tool.call.id"): span for span in spans if span["name"].startswith("execute")
    }
    shared = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "weather", "gen_ai.tool.type": "function"}
    assert (tools["call_0"]["attributes"], tools["call_0"]["failure"]) == (shared, None)
    assert tools["call_1"]["attributes"] == {**shared, "error.type": error}
    # The message of the exception quotes an argument: it is content.
    assert tools["call_1"]["failure"] == error
