"""Batches from file to file: their input, their log, resuming, failures, limits and budgets."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import MODEL, Server, line, read, write

from trilogue import (
    APIError,
    AsyncClient,
    AuthenticationError,
    BatchSummary,
    BudgetExceededError,
    Client,
    ConfigurationError,
    InvalidRequestError,
)


def test_each_row_is_answered_and_logged(server: Server, tmp_path: Path) -> None:
    log = tmp_path / "out.jsonl"
    client = Client(base_url=server.base_url)
    summary = client.batch(write(tmp_path / "in.jsonl", [line(row) for row in range(300)]), log)
    assert (summary.end, summary.rows, summary.answered, summary.failed, summary.open) == ("complete", 300, 300, 0, 0)
    assert (summary.input_tokens, summary.output_tokens) == (3000, 1500)
    lines = read(log)
    assert sorted(logged["custom_id"] for logged in lines) == sorted(f"id-{row}" for row in range(300))
    for logged in lines:
        row = int(logged["custom_id"][3:])
        assert logged["response"]["status_code"] == 200
        assert logged["response"]["body"]["choices"][0]["message"]["content"] == f"Answer {row}"
        assert logged["usage"] == {"input_tokens": 10, "output_tokens": 5}
        assert (logged["error"], logged["attempts"], logged["outcome"]) == (None, 1, "answered")
    total = sum(Decimal(logged["cost"]) for logged in lines)
    assert total == summary.cost == client.spent.total > 0
    assert set(server.requests.values()) == {1}


def test_the_same_call_again_sends_only_what_the_log_lacks(server: Server, tmp_path: Path) -> None:
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(50)]), tmp_path / "out.jsonl"
    client = Client(base_url=server.base_url)
    client.batch(source, log)
    kept = log.read_bytes().splitlines(keepends=True)[:20]
    log.write_bytes(b"".join(kept))
    summary = client.batch(source, log)
    assert (summary.resumed, summary.answered) == (20, 50)
    assert sorted(server.requests.values()) == [1] * 20 + [2] * 30
    assert log.read_bytes().startswith(b"".join(kept))
    write(source, [line(row) for row in range(60)])
    assert client.batch(source, log).answered == 60
    assert len(read(log)) == 60


def test_a_torn_line_is_removed_at_any_length(server: Server, tmp_path: Path) -> None:
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(2)]), tmp_path / "out.jsonl"
    client = Client(base_url=server.base_url)
    client.batch(source, log, in_flight=1)
    whole = log.read_bytes()
    second = whole.index(b"\n") + 1
    for end in {*range(second, len(whole) - 1, 7), second + 1, len(whole) - 2}:
        log.write_bytes(whole[:end])
        summary = client.batch(source, log)
        assert (summary.torn_bytes, summary.resumed) == (end - second, 1)
        assert sorted(logged["custom_id"] for logged in read(log)) == ["id-0", "id-1"]
    log.write_bytes(whole[:12])
    assert client.batch(source, log).answered == 2
    requests = sum(server.requests.values())
    log.write_bytes(whole[:-1])
    summary = client.batch(source, log)
    assert (summary.torn_bytes, summary.resumed) == (0, 2), "a whole line without its line break is an answer"
    assert log.read_bytes() == whole
    assert sum(server.requests.values()) == requests


def test_failed_rows_are_logged_and_sent_again_on_request(server: Server, tmp_path: Path) -> None:
    server.rule = lambda row, _before: (400 if row % 5 == 0 else 200, {}, 0.0)
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(20)]), tmp_path / "out.jsonl"
    client = Client(base_url=server.base_url)
    summary = client.batch(source, log)
    assert (summary.end, summary.answered, summary.failed) == ("complete", 16, 4)
    failed = [logged for logged in read(log) if logged["outcome"] == "failed"]
    for logged in failed:
        assert logged["response"]["status_code"] == 400
        assert logged["response"]["body"]["error"]["message"] == "status 400"
        assert (logged["error"]["code"], logged["error"]["type"]) == ("code_400", "BadRequestError")
    requests = sum(server.requests.values())
    assert client.batch(source, log).failed == 4
    assert sum(server.requests.values()) == requests, "failed rows are not sent again without the option"
    server.rule = lambda row, _before: (400 if row == 5 else 200, {}, 0.0)
    summary = client.batch(source, log, retry_failed=True)
    assert (summary.answered, summary.failed) == (19, 1)
    lines = read(log)
    assert len(lines) == 20
    assert [logged["custom_id"] for logged in lines if logged["outcome"] == "failed"] == ["id-5"]


def test_the_log_can_have_the_order_of_the_input(server: Server, tmp_path: Path) -> None:
    server.rule = lambda row, _before: (200, {}, 0.05 if row % 3 == 0 else 0.0)
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(40)]), tmp_path / "out.jsonl"
    client = Client(base_url=server.base_url)
    client.batch(source, log)
    wanted = [f"id-{row}" for row in range(40)]
    assert [logged["custom_id"] for logged in read(log)] != wanted
    client.batch(source, log, order=True)
    assert [logged["custom_id"] for logged in read(log)] == wanted
    assert set(server.requests.values()) == {1}
    assert not list(tmp_path.glob("*.new"))


def test_server_errors_are_retried_and_attempts_counted(server: Server, tmp_path: Path) -> None:
    server.rule = lambda row, before: (500 if row == 3 and before == 0 else 200, {"retry-after-ms": "1"}, 0.0)
    log = tmp_path / "out.jsonl"
    summary = Client(base_url=server.base_url).batch(write(tmp_path / "in.jsonl", [line(row) for row in range(9)]), log)
    assert summary.answered == 9
    attempts = {logged["custom_id"]: logged["attempts"] for logged in read(log)}
    assert attempts["id-3"] == 2
    assert attempts["id-4"] == 1


@pytest.mark.parametrize("options", [{}, {"max_retry_after": 0.05}, {"max_retries": 0}])
def test_no_row_fails_from_a_429(server: Server, tmp_path: Path, options: dict[str, float]) -> None:
    server.rule = lambda _row, before: (429 if before < 2 else 200, {"retry-after-ms": "80"}, 0.0)
    log = tmp_path / "out.jsonl"
    client = Client(base_url=server.base_url, **options)  # type: ignore[arg-type]
    summary = client.batch(write(tmp_path / "in.jsonl", [line(row) for row in range(3)]), log, in_flight=3)
    assert (summary.end, summary.answered, summary.failed) == ("complete", 3, 0)
    assert server.statuses[429] == 6
    if "max_retry_after" in options:
        assert summary.refused > 0


def test_the_run_stops_at_the_budget_and_continues_with_a_higher_one(server: Server, tmp_path: Path) -> None:
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(30)]), tmp_path / "out.jsonl"
    client = Client(base_url=server.base_url)
    most = client.chat.completions.estimate(**line(29)["body"]).total
    assert most is not None
    budget = most * 2
    summary = client.batch(source, log, budget=budget, in_flight=4)
    assert summary.end == "budget"
    assert 0 < summary.answered < 30
    assert summary.cost <= budget
    assert (summary.failed, len(read(log))) == (0, summary.answered)
    again = client.batch(source, log, budget=budget)
    assert (again.end, again.cost <= budget) == ("budget", True), "earlier runs count"
    assert client.batch(source, log, budget="1").end == "complete"
    assert set(server.requests.values()) == {1}


def test_a_wrong_key_ends_the_run_without_a_failed_row(server: Server, tmp_path: Path) -> None:
    server.rule = lambda _row, _before: (401, {}, 0.0)
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(30)]), tmp_path / "out.jsonl"
    with pytest.raises(AuthenticationError):
        Client(base_url=server.base_url).batch(source, log, in_flight=2)
    assert read(log) == []
    assert sum(server.requests.values()) <= 4


def test_templates_and_other_kinds_of_rows(server: Server, tmp_path: Path) -> None:
    client, log = Client(base_url=server.base_url), tmp_path / "out.jsonl"
    rows = write(tmp_path / "rows.jsonl", [{"n": row, "text": "a {b}"} for row in range(3)])
    client.batch(rows, log, template="row {n}: {text} {{x}}", model=MODEL, order=True)
    assert [logged["custom_id"] for logged in read(log)] == ["row-1", "row-2", "row-3"]
    assert server.bodies[2]["messages"] == [{"role": "user", "content": "row 2: a {b} {x}"}]
    bodies = write(tmp_path / "bodies.jsonl", [line(row)["body"] for row in (10, 11)])
    assert client.batch(bodies, tmp_path / "bodies.out").answered == 2
    with pytest.raises(InvalidRequestError, match='line 1: the row has no column "missing"'):
        client.batch(rows, tmp_path / "other.out", template="{missing}", model=MODEL)
    with pytest.raises(ConfigurationError, match="needs a model"):
        client.batch(rows, tmp_path / "other.out", template="{n}")


def test_equal_rows_are_sent_once_or_each(server: Server, tmp_path: Path) -> None:
    client = Client(base_url=server.base_url)
    source = write(tmp_path / "in.jsonl", [line(row % 2)["body"] for row in range(6)])
    summary = client.batch(source, tmp_path / "once.jsonl", equal_rows="once")
    assert (summary.rows, summary.repeated, summary.answered) == (2, 4, 2)
    assert sum(server.requests.values()) == 2
    assert client.batch(source, tmp_path / "each.jsonl").answered == 6
    repeated = write(tmp_path / "repeated.jsonl", [line(1), line(2), line(1), line(3)["body"], line(3)["body"]])
    for equal_rows in ("once", "each"):
        with pytest.raises(InvalidRequestError, match=r'line 3: the custom_id "id-1" is also that of line 1'):
            client.batch(repeated, tmp_path / "repeated.out", equal_rows=equal_rows)  # type: ignore[arg-type]


def test_the_budget_of_the_client_applies_too(server: Server, tmp_path: Path) -> None:
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(30)]), tmp_path / "out.jsonl"
    most = Client(base_url=server.base_url).chat.completions.estimate(**line(29)["body"]).total
    assert most is not None
    client = Client(base_url=server.base_url, budget=most * 2)
    first = client.batch(source, log, budget="1")
    assert (first.end, client.spent.total) == ("budget", first.cost)
    assert client.spent.budget is not None
    assert client.spent.budget.spent <= most * 2
    with pytest.raises(BudgetExceededError):
        client.chat.completions.create(**line(1)["body"])
    rest = Client(base_url=server.base_url, budget="1").batch(source, log, in_flight=1)
    assert (rest.end, set(server.requests.values())) == ("complete", {1})


def test_comma_separated_values_are_rows_of_a_template(server: Server, tmp_path: Path) -> None:
    source, log = tmp_path / "in.csv", tmp_path / "out.jsonl"
    source.write_bytes(b'\xef\xbb\xbfn,text\r\n1,"a, ""b""\nc"\r\n\r\n2,d')
    client = Client(base_url=server.base_url)
    for _ in range(2):
        assert client.batch(source, log, template="row {n}: {text}", model=MODEL, order=True).answered == 2
    assert server.bodies[1]["messages"][0]["content"] == 'row 1: a, "b"\nc'
    assert [logged["custom_id"] for logged in read(log)] == ["row-2", "row-5"], "the lines on which the rows begin"
    assert set(server.requests.values()) == {1}
    source.write_text("n,text\n1\n")
    with pytest.raises(InvalidRequestError, match=r"in.csv, line 2: the row has 1 columns, but the header has 2"):
        client.batch(source, tmp_path / "other.jsonl", template="{n}", model=MODEL)


def test_a_log_that_is_written_again_keeps_its_mode_and_its_link(server: Server, tmp_path: Path) -> None:
    source, real, log = (
        write(tmp_path / "in.jsonl", [line(row) for row in range(9)]),
        tmp_path / "real",
        tmp_path / "log",
    )
    real.touch(mode=0o640)
    log.symlink_to(real)
    left = tmp_path / "real.rewrite.tmp"
    left.write_text('{"id":"batch_req_')
    client = Client(base_url=server.base_url)
    assert client.batch(source, log, order=True).answered == 9
    assert log.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert [logged["custom_id"] for logged in read(real)] == [f"id-{row}" for row in range(9)]
    assert not left.exists()
    left.write_text("the file of another program")
    with pytest.raises(APIError, match="is needed for the new log, but it has other content"):
        client.batch(source, log, order=True)
    assert left.read_text() == "the file of another program"
    assert len(read(log)) == 9


def test_an_answer_counts_before_an_error(server: Server, tmp_path: Path) -> None:
    """A run may have been killed after it answered a row, and an older process may have logged an error after that."""
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(2)]), tmp_path / "out.jsonl"
    client = Client(base_url=server.base_url)
    client.batch(source, log, order=True)
    answered = log.read_bytes()
    server.rule = lambda _row, _before: (400, {}, 0.0)
    failed = tmp_path / "failed.jsonl"
    client.batch(source, failed)
    log.write_bytes(answered + failed.read_bytes())
    for options in ({}, {"retry_failed": True}, {"order": True}):
        summary = client.batch(source, log, **options)  # type: ignore[arg-type]
        assert (summary.answered, summary.failed) == (2, 0)
    assert log.read_bytes() == answered


def test_wrong_inputs_are_refused_before_anything_is_sent(server: Server, tmp_path: Path) -> None:
    client, source, log = Client(base_url=server.base_url), tmp_path / "in.jsonl", tmp_path / "out.jsonl"

    def refused(text: str) -> str:
        source.write_text(text)
        with pytest.raises(InvalidRequestError) as caught:
            client.batch(source, log)
        return str(caught.value)

    good = json.dumps(line(1)) + "\n"
    assert f"{source}, line 3: the row is not valid" in refused(good + "\n" + '{"custom_id": "x", \n')
    assert "line 2: a row must be a JSON object, not 7" in refused(good + "7\n")
    assert "line 2: the row has no request" in refused(good + '{"custom_id": "x"}\n')
    assert "line 2: rows of a batch are not streamed" in refused(good + json.dumps(line(2, stream=True)))
    assert "line 2: body must be an object, not [1]" in refused(good + '{"custom_id": "x", "body": [1]}')
    assert server.requests == {}
    source.write_bytes(b"\xef\xbb\xbf" + good.encode().replace(b"\n", b"\r\n"))
    assert client.batch(source, tmp_path / "mark.jsonl").answered == 1, "a byte order mark is no part of a row"
    server.requests.clear()
    with pytest.raises(APIError, match="can't be opened"):
        client.batch(tmp_path / "missing.jsonl", log)
    source.write_text(good)
    with pytest.raises(InvalidRequestError, match="is the input"):
        client.batch(source, source)
    with pytest.raises(ConfigurationError, match='sync must be "row", "1s" or "none"'):
        client.batch(source, log, sync="2s")  # type: ignore[arg-type]
    assert not server.requests


def test_logs_of_other_inputs_and_changed_rows_are_refused(server: Server, tmp_path: Path) -> None:
    client, source, log = Client(base_url=server.base_url), tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    client.batch(write(source, [line(row) for row in range(3)]), log, in_flight=1)
    before = log.read_bytes()
    write(source, [line(0), line(1, temperature=1), line(2)])
    with pytest.raises(InvalidRequestError, match=r"out.jsonl, line 2: this row, or the template, was changed in"):
        client.batch(source, log)
    write(source, [line(row) for row in range(7, 9)])
    with pytest.raises(InvalidRequestError, match="is the log of another input"):
        client.batch(source, log)
    write(source, [line(row) for row in range(3)])
    log.write_bytes(before.replace(b'"outcome":"answered"}\n', b'"outcome":"answ\n', 1))
    with pytest.raises(InvalidRequestError, match=r"out.jsonl, line 1: this line of the log is broken"):
        client.batch(source, log)
    log.write_text("a diary\nof another program")
    with pytest.raises(InvalidRequestError, match="is not the log of a batch"):
        client.batch(source, log)
    assert log.read_text() == "a diary\nof another program"
    assert set(server.requests.values()) == {1}


def test_rows_in_flight_are_limited(server: Server, tmp_path: Path) -> None:
    server.gather = 5
    source = write(tmp_path / "in.jsonl", [line(row) for row in range(40)])
    summary = Client(base_url=server.base_url).batch(source, tmp_path / "out.jsonl", in_flight=5)
    assert (summary.answered, server.most_in_flight) == (40, 5)
    for in_flight in (0, 20_000):
        with pytest.raises(ConfigurationError, match="in_flight must be a number from 1 to 10000"):
            Client(base_url=server.base_url).batch(source, tmp_path / "other.jsonl", in_flight=in_flight)


def test_progress_is_reported_during_the_run_and_at_its_end(server: Server, tmp_path: Path) -> None:
    seen: list[BatchSummary] = []
    # The last row waits for a report.
    server.holds = lambda row: row == 9 and len(seen) < 2
    source = write(tmp_path / "in.jsonl", [line(row) for row in range(10)])
    summary = Client(base_url=server.base_url).batch(source, tmp_path / "out.jsonl", progress=seen.append)
    assert [state.end for state in seen] == ["running"] * (len(seen) - 1) + ["complete"]
    assert len(seen) > 2
    assert seen[-1] == summary


@pytest.mark.parametrize("sync", ["row", "1s", "none"])
def test_each_mode_of_syncing_keeps_each_row(server: Server, tmp_path: Path, sync: str) -> None:
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(60)]), tmp_path / "out.jsonl"
    assert Client(base_url=server.base_url).batch(source, log, sync=sync).answered == 60  # type: ignore[arg-type]
    assert len(read(log)) == 60


def test_an_asynchronous_client_runs_a_batch_beside_other_tasks(server: Server, tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [line(row) for row in range(30)])

    async def run() -> list[BatchSummary]:
        async with AsyncClient(base_url=server.base_url) as client:
            logs = [tmp_path / f"out{number}.jsonl" for number in range(2)]
            return list(await asyncio.gather(*(client.batch(source, log) for log in logs)))

    assert [summary.answered for summary in asyncio.run(run())] == [30, 30]


def test_a_log_in_use_is_refused(server: Server, tmp_path: Path) -> None:
    server.rule = lambda _row, _before: (200, {}, 0.3)
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(3)]), tmp_path / "out.jsonl"

    async def run() -> list[BatchSummary | BaseException]:
        async with AsyncClient(base_url=server.base_url) as client:
            return list(await asyncio.gather(*(client.batch(source, log) for _ in range(2)), return_exceptions=True))

    outcomes = asyncio.run(run())
    errors = [outcome for outcome in outcomes if isinstance(outcome, APIError)]
    assert len(errors) == 1
    assert "is in use by another run" in str(errors[0])
    assert len(read(log)) == 3
