"""Batches of rows: iterators over dicts, generators and asynchronous generators, their logs, and their ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import MODEL, Server, line, read, write

from trilogue import (
    APIError,
    AsyncClient,
    AuthenticationError,
    BadRequestError,
    BatchSummary,
    BudgetExceededError,
    Client,
    ConfigurationError,
    InvalidOutputError,
    InvalidRequestError,
)


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Return rows of a template."""
    return ({"n": row, "text": f"text {row}"} for row in range(count))


TEMPLATE: dict[str, Any] = {"template": "row {n}: {text}", "model": MODEL}


def test_finished_rows_have_their_row_and_their_answer(server: Server) -> None:
    client = Client(base_url=server.base_url)
    seen = {}
    batch = client.batch(rows(700), **TEMPLATE)
    for row in batch:
        assert row.row == {"n": row.index, "text": f"text {row.index}"}
        assert row.text == f"Answer {row.index}"
        assert row.answer is not None
        assert (row.custom_id, row.outcome, row.error) == (f"row-{row.index + 1}", "answered", None)
        assert (row.usage, row.attempts) == ({"input_tokens": 10, "output_tokens": 5}, 1)
        assert row.cost is not None
        assert row.elapsed >= 0
        seen[row.index] = row.cost
    assert sorted(seen) == list(range(700))
    assert (batch.summary.end, batch.summary.answered, batch.summary.open) == ("complete", 700, 0)
    assert batch.summary.cost == sum(seen.values()) == client.spent.total
    assert list(batch) == []


def test_rows_can_have_the_order_of_the_input(server: Server) -> None:
    server.rule = lambda row, _before: (200, {}, 0.03 if row % 3 == 0 else 0.0)
    batch = Client(base_url=server.base_url).batch(rows(60), order=True, in_flight=8, **TEMPLATE)
    assert [row.index for row in batch] == list(range(60))


def test_a_repeated_run_returns_the_answers_of_its_log(server: Server, tmp_path: Path) -> None:
    client, log = Client(base_url=server.base_url), tmp_path / "run.jsonl"
    assert len(list(client.batch(rows(40), log, **TEMPLATE))) == 40
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:25]))
    batch = client.batch(rows(50), log, order=True, **TEMPLATE)
    assert [row.text for row in batch] == [f"Answer {row}" for row in range(50)]
    assert (batch.summary.resumed, batch.summary.answered) == (25, 50)
    assert sorted(server.requests.values()) == [1] * 35 + [2] * 15
    assert len(read(log)) == 50
    changed = client.batch(rows(50), log, template="row {n}", model=MODEL)
    with pytest.raises(InvalidRequestError, match=r'row 1: this row \("row-1"\), or the template, was changed'):
        next(changed)


def test_each_kind_of_row_is_sent(server: Server) -> None:
    client = Client(base_url=server.base_url)
    lines = [line(1), line(2)["body"], {"custom_id": "m", "params": {**line(3)["body"]}}]
    finished = list(client.batch(lines, order=True, parameters={"temperature": 0.5}))
    assert [row.custom_id for row in finished[:2]] == ["id-1", "row-2"]
    assert [row.text for row in finished[:2]] == ["Answer 1", "Answer 2"]
    assert server.bodies[1]["temperature"] == 0.5


def test_failed_rows_have_the_error_of_the_call(server: Server, tmp_path: Path) -> None:
    server.rule = lambda row, _before: (400 if row == 3 else 200, {}, 0.0)
    client, log = Client(base_url=server.base_url), tmp_path / "run.jsonl"
    for _ in range(2):
        batch = client.batch(rows(6), log, order=True, **TEMPLATE)
        finished = list(batch)
        error = finished[3].error
        assert isinstance(error, BadRequestError)
        assert (error.status_code, error.code, finished[3].answer, finished[3].text) == (400, "code_400", None, None)
        assert [row.outcome for row in finished].count("failed") == batch.summary.failed == 1
    assert server.requests[3] == 1
    server.rule = lambda _row, _before: (200, {}, 0.0)
    assert all(row.error is None for row in client.batch(rows(6), log, retry_failed=True, **TEMPLATE))
    assert server.requests[3] == 2


def test_a_source_is_read_only_as_fast_as_its_rows_are_sent(server: Server) -> None:
    taken = 0

    def source() -> Iterator[dict[str, Any]]:
        nonlocal taken
        for row in rows(1000):
            taken += 1
            yield row

    server.gather = 4
    batch = Client(base_url=server.base_url).batch(source(), in_flight=4, **TEMPLATE)
    for count, _ in enumerate(batch, 1):
        assert taken - count <= 2 * 4 * 4 + 2
    assert (taken, server.most_in_flight) == (1000, 4)


def test_a_slow_source_delays_no_finished_row_for_long(server: Server) -> None:
    """The source continues only after rows that it has handed over came back."""
    returned = 0

    def source() -> Iterator[dict[str, Any]]:
        for row in rows(20):
            # Four rows were handed over and not taken back, and as many may have come back without being returned.
            assert returned >= row["n"] - 10
            yield row

    for _ in Client(base_url=server.base_url).batch(source(), in_flight=1, order=True, **TEMPLATE):
        returned += 1
    assert returned == 20


def test_an_error_of_the_source_follows_the_rows_before_it(server: Server, tmp_path: Path) -> None:
    def source() -> Iterator[dict[str, Any]]:
        yield from rows(5)
        message = "the disk is gone"
        raise OSError(message)

    log, got = tmp_path / "run.jsonl", []
    batch = Client(base_url=server.base_url).batch(source(), log, **TEMPLATE)
    with pytest.raises(OSError, match="the disk is gone"):
        got.extend(row.index for row in batch)
    assert sorted(got) == list(range(5))
    assert sorted(row["custom_id"] for row in read(log)) == [f"row-{number}" for number in range(1, 6)]


def test_wrong_rows_are_reported_with_their_number(server: Server) -> None:
    client = Client(base_url=server.base_url)

    def error_of(source: Any, **options: Any) -> str:
        with pytest.raises(InvalidRequestError) as caught:
            list(client.batch(source, **options))
        return str(caught.value)

    assert 'row 2: the row has no column "text"' in error_of([{"n": 1, "text": ""}, {"n": 2}], **TEMPLATE)
    assert 'row 2: the custom_id "id-1" is also that of an earlier row' in error_of([line(1), line(1)])
    assert "row 1: the row has no request" in error_of([{"a": 1}])
    assert "not a dict" in error_of({"a": 1})
    with pytest.raises(ConfigurationError, match="requests_per_minute and rpm are the same option"):
        client.batch([], rpm=1, requests_per_minute=1)
    with pytest.raises(ConfigurationError, match="unknown option of a batch: colour"):
        client.batch([], colour=1)  # type: ignore[call-overload]
    assert list(client.batch([])) == []


def test_equal_rows_get_one_answer(server: Server, tmp_path: Path) -> None:
    client = Client(base_url=server.base_url)
    for log in (None, tmp_path / "run.jsonl", tmp_path / "run.jsonl"):
        server.requests.clear()
        batch = client.batch([line(row % 3)["body"] for row in range(30)], log, equal_rows="once", order=True)
        assert [row.text for row in batch] == [f"Answer {row % 3}" for row in range(30)]
        assert (batch.summary.rows, batch.summary.repeated) == (3, 27)
        assert sum(server.requests.values()) == (0 if batch.summary.resumed else 3)


def test_a_run_that_ended_early_does_not_look_complete(server: Server, tmp_path: Path) -> None:
    client, log = Client(base_url=server.base_url), tmp_path / "run.jsonl"
    most = client.chat.completions.estimate(**line(29)["body"]).total
    assert most is not None
    lines = [line(row) for row in range(30)]
    got = []
    with pytest.raises(BudgetExceededError, match="budget of the batch does not cover a further row"):
        got.extend(client.batch(lines, log, budget=most * 2, in_flight=4))
    assert 0 < len(got) == len(read(log)) < 30
    assert len(list(client.batch(lines, log, budget="1"))) == 30
    assert set(server.requests.values()) == {1}
    server.rule = lambda _row, _before: (401, {}, 0.0)
    with pytest.raises(AuthenticationError):
        list(client.batch(lines))


def test_an_exception_of_the_progress_function_ends_the_run(server: Server, tmp_path: Path) -> None:
    def progress(_summary: object) -> None:
        message = "no progress"
        raise RuntimeError(message)

    client, log = Client(base_url=server.base_url), tmp_path / "run.jsonl"
    with pytest.raises(RuntimeError, match="no progress"):
        list(client.batch(rows(5), log, progress=progress, **TEMPLATE))

    async def iterate() -> None:
        async with AsyncClient(base_url=server.base_url) as own:
            _ = [row async for row in own.batch(rows(5), log, progress=progress, **TEMPLATE)]

    with pytest.raises(RuntimeError, match="no progress"):
        asyncio.run(iterate())
    # The log is not locked.
    assert len(list(client.batch(rows(5), log, **TEMPLATE))) == 5


def test_a_stopped_run_ends_after_the_rows_in_flight(server: Server, tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"
    batch = Client(base_url=server.base_url).batch(rows(1000), log, in_flight=4, **TEMPLATE)
    next(batch)
    batch.stop()
    count = 1 + len(list(batch))
    assert batch.summary.end == "stopped"
    assert count == len(read(log)) == sum(server.answered.values())
    assert count < 1000


def test_a_closed_run_unlocks_its_log(server: Server, tmp_path: Path) -> None:
    server.holds = lambda row: row > 0
    client, log = Client(base_url=server.base_url), tmp_path / "run.jsonl"
    with client.batch(rows(10), log, **TEMPLATE) as batch:
        assert next(batch).index == 0
        with pytest.raises(APIError, match="is in use by another run"):
            client.batch(rows(10), log, **TEMPLATE)
    assert list(batch) == []
    server.holds = lambda _row: False
    assert len(list(client.batch(rows(10), log, **TEMPLATE))) == 10
    assert server.requests[0] == 1


@dataclass
class Answer:
    """A typed answer."""

    name: str
    count: int


def test_typed_answers_are_instances(server: Server) -> None:
    server.answer = lambda row: json.dumps({"name": "x", "count": row}) if row < 4 else "no JSON"
    finished = list(Client(base_url=server.base_url).batch(rows(5), order=True, response_format=Answer, **TEMPLATE))
    assert [row.parsed for row in finished] == [*(Answer("x", row) for row in range(4)), None]
    assert isinstance(finished[4].error, InvalidOutputError)
    assert finished[4].text == "no JSON"
    assert server.bodies[0]["response_format"]["json_schema"]["name"] == "Answer"


def test_progress_is_reported(server: Server) -> None:
    seen: list[BatchSummary] = []
    server.holds = lambda row: row == 9 and len(seen) < 2
    list(Client(base_url=server.base_url).batch(rows(10), progress=seen.append, **TEMPLATE))
    assert (len(seen) > 2, seen[-1].end, seen[-1].answered) == (True, "complete", 10)


async def arriving(count: int) -> AsyncIterator[dict[str, Any]]:
    """Return rows that arrive one by one."""
    for row in rows(count):
        await asyncio.sleep(0)
        yield row


@pytest.mark.parametrize("source", [rows, arriving])
def test_an_asynchronous_client_iterates_over_rows(server: Server, tmp_path: Path, source: Any) -> None:
    log = tmp_path / "run.jsonl"

    async def run() -> list[list[Any]]:
        async with AsyncClient(base_url=server.base_url) as client:

            async def one(log: Path | None) -> list[Any]:
                batch = client.batch(source(300), log, order=True, **TEMPLATE)
                found = [row.text async for row in batch]
                assert batch.summary.end == "complete"
                return found

            return [await one(log), await one(log), *await asyncio.gather(one(None), one(None))]

    assert asyncio.run(run()) == [[f"Answer {row}" for row in range(300)]] * 4
    assert set(server.requests.values()) == {3}


def test_an_asynchronous_run_ends_with_its_errors_and_when_it_is_left(server: Server, tmp_path: Path) -> None:
    log = tmp_path / "run.jsonl"

    async def broken() -> AsyncIterator[dict[str, Any]]:
        async for row in arriving(3):
            yield row
        message = "the queue is gone"
        raise OSError(message)

    async def run() -> None:
        async with AsyncClient(base_url=server.base_url) as client:
            with pytest.raises(OSError, match="the queue is gone"):
                [row async for row in client.batch(broken(), log, **TEMPLATE)]
            assert len(read(log)) == 3
            server.holds = lambda row: row > 4
            async with client.batch(arriving(50), log, **TEMPLATE) as batch:
                assert await anext(batch)
            assert [row async for row in batch] == []
            server.holds = lambda _row: False
            cancelled = asyncio.create_task(client.batch(_file(tmp_path), tmp_path / "file.out"))
            await asyncio.sleep(0)
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
            summary = await client.batch(_file(tmp_path), tmp_path / "file.out")
            assert summary.answered == 20

    asyncio.run(run())


def _file(folder: Path) -> Path:
    return write(folder / "in.jsonl", [line(row) for row in range(20)])
