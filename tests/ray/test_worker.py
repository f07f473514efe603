"""The worker of Ray by itself: logs on other filesystems, equal and contradictory rows, and typed answers as columns."""

from __future__ import annotations

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pytest
from conftest import Server

import trilogue
from scripted import Scripts
from trilogue import ConfigurationError
from trilogue.workers import RowWorker


def texts(*names: str, **columns: list[Any]) -> Any:
    return pa.table({"text": list(names), **columns})


def worker(client: trilogue.Client, **options: Any) -> RowWorker:
    return RowWorker(client=client, **{"template": "Answer {text}.", "model": "m", "max_tokens": 64, **options})


def test_a_log_where_files_cannot_be_appended_to(server: Server) -> None:
    run = server.run("transient=0")
    # A filesystem of fsspec in this process, which keeps each group of rows as a file of its own.
    log = f"memory://{uuid.uuid4().hex}"
    with worker(run.client(), log=log) as answer:
        first = answer(texts("row-1", "row-2"))
        answer(texts("row-3"))
    run.report()
    with worker(run.client(), log=log) as answer:
        assert answer(texts("row-1", "row-2")) == first
        assert answer(texts("row-3", "row-4")).num_rows == 2
    assert run.report()["rows"] == 1


def test_equal_rows_are_sent_once(server: Server) -> None:
    run = server.run("transient=0")
    with worker(run.client()) as answer:
        rows = answer(texts("row-1", "row-2", "row-1")).to_pylist()
    assert rows[0] == rows[2]
    assert run.report()["requests"] == 2


def test_a_name_of_two_different_rows_is_an_error_of_the_second(server: Server) -> None:
    with worker(server.run("transient=0").client()) as answer:
        rows = answer(texts("row-1", "row-2", custom_id=["a", "a"])).to_pylist()
    assert rows[0]["error"] is None
    assert rows[1]["error"].startswith("InvalidRequestError: row 2: the custom_id")


def test_many_rows_of_one_name_do_not_stop_the_worker(server: Server) -> None:
    names = [f"row-{number}" for number in range(20)]
    with worker(server.run("transient=0").client(), in_flight=1) as answer:
        rows = answer(texts(*names, custom_id=["a"] * 20)).to_pylist()
    assert [row["error"] is None for row in rows] == [True, *[False] * 19]


def test_groups_in_several_threads_share_a_log(server: Server) -> None:
    run = server.run("transient=0")
    log = f"memory://{uuid.uuid4().hex}"
    groups = [texts(*(f"row-{group * 10 + number}" for number in range(10))) for group in range(8)]
    with worker(run.client(), log=log) as answer, ThreadPoolExecutor(4) as threads:
        list(threads.map(answer, groups))
    run.report()
    with worker(run.client(), log=log) as answer:
        for group in groups:
            answer(group)
    assert run.report() == {}


def test_options_that_contradict_each_other_or_the_core_are_errors(server: Server) -> None:
    with pytest.raises(ConfigurationError, match="budget must be"):
        worker(server.run().client(), budget="many")
    with pytest.raises(ConfigurationError, match="the leader of the workers has the budget"):
        worker(server.run().client(), budget="1", leader=object())


def test_a_budget_leaves_the_limits_of_the_client(server: Server) -> None:
    client = server.run("transient=0").client(requests_per_minute=600)
    with worker(client, budget="1") as answer:
        started = time.monotonic()
        answer(texts(*(f"row-{number}" for number in range(8))))
    # Seven intervals of a tenth of a second; a busy machine only takes longer.
    assert time.monotonic() - started > 0.5


def test_a_row_that_was_changed_is_sent_again(server: Server, tmp_path: Path) -> None:
    run = server.run("transient=0")
    for text in ("row-1", "row-2", "row-2"):
        with worker(run.client(), log=tmp_path) as answer:
            (row,) = answer(texts(text, custom_id=["a"])).to_pylist()
        assert f"{text}:" in row["answer"]
    assert run.report()["requests"] == 2


def test_a_row_without_a_column_of_the_template_is_an_error_of_the_row(server: Server) -> None:
    with worker(server.run().client(), template="{question}") as answer:
        (row,) = answer(texts("row-1")).to_pylist()
    assert 'no column "question" of the template' in row["error"]


def test_columns_of_answers_have_free_names(server: Server) -> None:
    with (
        worker(server.run().client()) as answer,
        pytest.raises(trilogue.InvalidRequestError, match="the rows have a column 'cost'"),
    ):
        answer(texts("row-1", cost=[1.0]))


@dataclass
class Place:
    """A place within an answer."""

    city: str
    score: float | None


@dataclass
class Answer:
    """A typed answer."""

    kind: Literal["a", "b"]
    count: int
    places: list[Place]
    either: int | str


def test_typed_answers_are_columns(tmp_path: Path) -> None:
    scripts = Scripts(tmp_path)
    text = json.dumps({"kind": "a", "count": 2, "places": [{"city": "Oslo", "score": None}], "either": 5})
    message = {"role": "assistant", "content": text}
    completion = {"id": "c", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    script = scripts.chat({"headers": {"content-type": "application/json"}, "body": [json.dumps(completion)]})
    with worker(trilogue.Client(base_url=script.url), response_format=Answer) as answer:
        table = answer(texts("x"))
    scripts.end()
    place = pa.struct({"city": pa.string(), "score": pa.float64()})
    types = {"kind": pa.string(), "count": pa.int64(), "places": pa.list_(place), "either": pa.string()}
    assert {name: table.schema.field(name).type for name in types} == types
    (row,) = table.to_pylist()
    assert (row["kind"], row["count"], row["either"]) == ("a", 2, "5")
    assert row["places"] == [{"city": "Oslo", "score": None}]
    assert row["error"] is None


def test_a_type_without_fields_is_refused() -> None:
    client = trilogue.Client(base_url="http://127.0.0.1:9/v1")
    with pytest.raises(trilogue.InvalidRequestError, match="must be a type with fields"):
        worker(client, response_format=list[int])
