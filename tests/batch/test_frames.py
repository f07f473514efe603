"""Batches of data frames: their rows, and data frames of finished rows. Libraries that are not installed are skipped, except in the slow checks."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from conftest import MODEL, Server

from trilogue import Client

DATA: dict[str, list[Any]] = {
    "n": [0, 1, 2],
    "text": ["a", None, "c"],
    "x": [1.5, float("nan"), None],
    "day": [datetime.date(2026, 1, day) for day in (1, 2, 3)],
    "tags": [["p", "q"], ["r"], []],
}


def load(name: str) -> Any:
    """Import a library. In the slow checks it must be there."""
    return import_module(name) if "TRILOGUE_BATCH_FRAMES" in os.environ else pytest.importorskip(name)


class Stream:
    """Any object with an Arrow stream."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)


MAKERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "polars": ("polars", lambda polars: polars.DataFrame(DATA, strict=False)),
    "lazy polars": ("polars", lambda polars: polars.DataFrame(DATA, strict=False).lazy()),
    "pandas": ("pandas", lambda pandas: pandas.DataFrame(DATA)),
    "a table of pyarrow": ("pyarrow", lambda pyarrow: pyarrow.table(DATA)),
    "a reader of pyarrow": ("pyarrow", lambda pyarrow: pyarrow.table(DATA).to_reader()),
    "an Arrow stream": ("pyarrow", lambda pyarrow: Stream(pyarrow.table(DATA))),
}


def columns(frame: Any) -> dict[str, list[Any]]:
    """Return the columns of a data frame of any library."""
    if hasattr(frame, "to_pydict"):
        found: dict[str, list[Any]] = frame.to_pydict()
        return found
    if type(frame).__module__.startswith("pandas"):
        return {name: frame[name].tolist() for name in frame.columns}
    return {name: frame[name].to_list() for name in frame.columns}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_data_frame_comes_back_with_its_answers(server: Server, kind: str) -> None:
    library, make = MAKERS[kind]
    frame = make(load(library))
    batch = Client(base_url=server.base_url).batch(frame, template="row {n} {text} {x} {day} {tags}", model=MODEL)
    made = batch.to_frame()
    assert type(made).__module__.startswith(library)
    sent = [server.bodies[row]["messages"][0]["content"] for row in range(3)]
    assert sent == [
        'row 0 a 1.5 2026-01-01 ["p","q"]',
        'row 1 null null 2026-01-02 ["r"]',
        "row 2 c null 2026-01-03 []",
    ]
    found = columns(made)
    assert list(found) == [
        *DATA,
        "answer",
        "error",
        "input_tokens",
        "output_tokens",
        "cost",
        "attempts",
        "elapsed",
    ]
    assert found["answer"] == ["Answer 0", "Answer 1", "Answer 2"]
    assert (found["n"], found["day"], found["input_tokens"]) == ([0, 1, 2], DATA["day"], [10, 10, 10])
    assert all(isinstance(cost, Decimal) and cost > 0 for cost in found["cost"])


@dataclass
class Answer:
    """A typed answer."""

    name: str
    tags: list[str]


@pytest.mark.parametrize("library", ["polars", "pandas", "pyarrow"])
def test_typed_answers_become_columns(server: Server, library: str) -> None:
    load(library)
    server.answer = lambda row: json.dumps({"name": f"n{row}", "tags": ["t"]}) if row else "no JSON"
    rows = ({"n": row, "name": "given", "answer": "mine"} for row in range(3))
    batch = Client(base_url=server.base_url).batch(rows, template="row {n}", model=MODEL, response_format=Answer)
    made = {"polars": batch.to_polars, "pandas": batch.to_pandas, "pyarrow": batch.to_arrow}[library]()
    found = columns(made)
    assert (found["name"], found["answer"]) == (["given"] * 3, ["mine"] * 3)
    assert (found["answer_name"][1:], found["tags"][1:]) == (["n1", "n2"], [["t"], ["t"]])
    assert found["answer_answer"][0] == "no JSON"
    assert "JSON" in found["error"][0]
    assert not isinstance(found["error"][1], str)


def test_the_fields_of_a_schema_become_columns(server: Server) -> None:
    load("pyarrow")
    server.answer = lambda row: json.dumps({"name": f"n{row}"})
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    rows = ({"n": row} for row in range(2))
    batch = Client(base_url=server.base_url).batch(rows, template="row {n}", model=MODEL, response_format=schema)
    assert columns(batch.to_arrow())["name"] == ["n0", "n1"]
