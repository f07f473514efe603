"""Spans of calls and functions that go wrong, and exporters that fail, in Node: each span ends, and each call ends as without an exporter."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest
from conftest import PROJECT


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Any]:
    """Run the program."""
    environment = {name: value for name, value in os.environ.items() if name != "MODELSLAB_API_KEY"}
    ended = subprocess.run(
        ["node", "--expose-gc", str(PROJECT / "spans.mjs")],
        env={**environment, "TRILOGUE_BINDING": "native"},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


def span_of(outcome: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the only span with this name."""
    (span,) = [span for span in outcome["spans"] if span["name"] == name]
    return dict(span)


def test_an_exporter_that_fails_ends_no_call(outcomes: dict[str, Any]) -> None:
    outcome = outcomes["a broken processor"]
    assert outcome["text"] == "Hello"
    assert outcome["warnings"]
    for line in outcome["warnings"]:
        assert "an exporter of calls has failed: RangeError: the processor is broken" in line


@pytest.mark.parametrize(
    ("title", "span", "call_error", "recorded"),
    [
        ("a body that JSON cannot represent", "chat m", "InvalidRequestError", "InvalidRequestError"),
        ("a body that is no object", "chat", "InvalidRequestError", "InvalidRequestError"),
        ("a key that cannot be obtained", "chat m", "undefined", "undefined"),
    ],
)
def test_a_call_that_is_not_sent_fails_as_without_a_trace(
    title: str, span: str, call_error: str, recorded: str, outcomes: dict[str, Any]
) -> None:
    assert outcomes[title]["error"] == call_error
    assert span_of(outcomes[title], span)["attributes"]["error.type"] == recorded


def test_a_record_may_contain_line_separators(outcomes: dict[str, Any]) -> None:
    outcome = outcomes["a model with line separators"]
    assert outcome["models"] == ["m\u2028\u2029"]
    span_of(outcome, "chat m\u2028\u2029")


def test_the_span_of_a_collected_stream_ends(outcomes: dict[str, Any]) -> None:
    span_of(outcomes["a stream that is collected"], "chat begun")


@pytest.mark.parametrize(
    ("title", "error"),
    [
        ("a function that takes too long", "TimeoutError"),
        ("a result that JSON cannot represent", "TypeError"),
        ("a function that throws no error", "undefined"),
    ],
)
def test_the_span_of_a_function_ends_however_it_ends(title: str, error: str, outcomes: dict[str, Any]) -> None:
    assert outcomes[title]["error"] == "no error"
    span = span_of(outcomes[title], "execute_tool work")
    assert span["attributes"]["error.type"] == error
    assert span["failure"] is not None
