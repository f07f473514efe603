"""`trilogue.ray.Chat` on a local Ray: no row is lost, answers of a log are not paid twice, and the actors share limits and a budget."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import ray
import ray.data
from conftest import Run, Server

import trilogue
import trilogue.ray

#: Rows of which the server always refuses the request.
REFUSED = "ContextLengthError: the context is too long"


def data(rows: int, blocks: int = 8) -> Any:
    """Return a data set of texts."""
    return ray.data.range(rows, override_num_blocks=blocks).map(lambda row: {**row, "text": f"row-{row['id']}"})


def answered(run: Run, rows: int, *, actors: int = 1, batch: int = 128, blocks: int = 8, **options: Any) -> list[Any]:
    """Answer rows, and return them in their order."""
    given = {"client": run.client(), "template": "Answer {text}.", "model": "m", "max_tokens": 64, **options}
    pool = ray.data.ActorPoolStrategy(size=actors, max_concurrent_calls_per_actor=2)
    chat = data(rows, blocks).map_batches(
        trilogue.ray.Chat, fn_constructor_kwargs=given, batch_size=batch, compute=pool
    )
    return sorted(chat.take_all(), key=lambda row: row["id"])


def is_right(row: dict[str, Any]) -> bool:
    """Return whether a row has its own answer, or its own error."""
    if row["error"] is not None:
        return row["answer"] is None and row["error"].startswith(REFUSED)
    return f"row-{row['id']}:" in row["answer"]


def test_each_row_has_its_answer_or_its_error(server: Server) -> None:
    run = server.run()
    rows = answered(run, 1000)
    assert [row["id"] for row in rows] == list(range(1000))
    assert all(map(is_right, rows))
    report = run.report()
    failed = [row for row in rows if row["error"] is not None]
    assert report["answered"] == 1000 - len(failed)
    assert len(failed) > 0
    assert max(row["attempts"] for row in rows) == 2
    first = next(row for row in rows if row["error"] is None)
    assert first["usage"] == {"input_tokens": 36, "output_tokens": 24}
    assert first["cost"] == pytest.approx(84e-6)


def test_a_further_run_answers_from_the_log(server: Server, tmp_path: Path) -> None:
    run = server.run()
    first = answered(run, 600, log=tmp_path)
    run.report()
    assert answered(run, 600, actors=2, log=tmp_path) == first
    assert run.report() == {}
    # Only the failed rows are sent again.
    again = answered(run, 600, log=tmp_path, retry_failed=True)
    failed = sum(row["error"] is not None for row in first)
    assert run.report()["requests"] == failed
    assert [row["answer"] for row in again] == [row["answer"] for row in first]
    # Another template is another request.
    assert all(map(is_right, answered(run, 100, log=tmp_path, template="Please answer {text}.")))
    assert run.report()["rows"] == 100


def test_a_torn_line_is_sent_again(server: Server, tmp_path: Path) -> None:
    run = server.run("transient=0")
    answered(run, 50, log=tmp_path)
    run.report()
    (segment,) = tmp_path.glob("*.jsonl")
    segment.write_bytes(segment.read_bytes()[:-40])
    assert all(map(is_right, answered(run, 50, log=tmp_path)))
    assert run.report()["requests"] == 1


def test_an_actor_that_is_killed_loses_no_row(server: Server, tmp_path: Path) -> None:
    run = server.run("transient=5,permanent=1,delay=20")
    killed: list[int] = []

    def kill_one() -> None:
        # Once a segment has rows, its actor is in the middle of its work.
        while not killed:
            time.sleep(0.02)
            if sum(path.stat().st_size for path in tmp_path.glob("*.jsonl")) > 100_000:
                pids = actors_of_chat()
                if pids:
                    os.kill(pids[0], signal.SIGKILL)
                    killed.append(pids[0])

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    rows = answered(run, 4000, actors=2, blocks=16, log=tmp_path, in_flight=32)
    killer.join(30)
    assert len(killed) == 1
    assert [row["id"] for row in rows] == list(range(4000))
    assert all(map(is_right, rows))
    report = run.report()
    # Those of the batches that the actor had, at most.
    assert report["answered_twice"] <= 2 * 2 * 128
    run.report()
    assert [row["answer"] for row in answered(run, 4000, log=tmp_path)] == [row["answer"] for row in rows]
    assert run.report() == {}


def actors_of_chat() -> list[int]:
    """Return the processes of the actors that answer rows."""
    pids = []
    for entry in Path("/proc").iterdir():
        try:
            title = (entry / "cmdline").read_text() if entry.name.isdigit() else ""
        except OSError:
            continue
        if title.startswith("ray::") and "Chat" in title:
            pids.append(int(entry.name))
    return pids


def test_actors_share_one_limit(server: Server) -> None:
    run = server.run("rate=50")
    limits = trilogue.ray.Limits(requests_per_minute=50 * 60)
    rows = answered(run, 500, actors=2, batch=64, limits=limits)
    assert all(map(is_right, rows))
    # The server refuses what exceeds the limit.
    assert run.report()["refused"] == 0


def test_actors_share_one_budget(server: Server, tmp_path: Path) -> None:
    run = server.run("transient=0")
    cost = Decimal("0.000084")
    limits = trilogue.ray.Limits(budget="0.05")
    rows = answered(run, 1000, actors=2, log=tmp_path, limits=limits)
    done = [row for row in rows if row["error"] is None]
    assert all(row["error"].startswith("BudgetExceededError: ") for row in rows if row["error"] is not None)
    assert limits.spent == len(done) * cost
    assert Decimal("0.045") < limits.spent <= Decimal("0.05")
    assert run.report()["answered"] == len(done)
    # A further run counts what the log has cost, and answers the rest.
    more = trilogue.ray.Limits(budget="0.06")
    rows = answered(run, 1000, actors=2, log=tmp_path, limits=more)
    assert more.spent == sum(row["error"] is None for row in rows) * cost
    assert Decimal("0.055") < more.spent <= Decimal("0.06")
    assert all(map(is_right, answered(run, 1000, log=tmp_path)))


def test_a_wrong_key_is_the_error_of_each_row(server: Server) -> None:
    client = server.run().client().with_options(base_url="http://127.0.0.1:9/v1", max_retries=0)
    rows = answered(server.run(), 20, client=client)
    assert {row["error"].split(":")[0] for row in rows} == {"APIConnectionError"}


@dataclass
class Answer:
    """A typed answer."""

    row: int
    notes: list[str] | None


def test_answers_without_their_type_are_errors(server: Server) -> None:
    rows = answered(server.run("transient=0"), 20, response_format=Answer)
    assert {row["error"].split(":")[0] for row in rows} == {"InvalidOutputError"}
    # The text was paid for, and stays.
    assert all(f"row-{row['id']}:" in row["answer"] for row in rows)
    assert {(row["row"], row["notes"]) for row in rows} == {(None, None)}


def test_rows_may_be_requests(server: Server) -> None:
    run = server.run("transient=0")
    messages = [{"role": "user", "content": f"row-{number}"} for number in range(20)]
    rows = ray.data.from_items([{"id": number, "messages": [message]} for number, message in enumerate(messages)])
    chat = rows.map_batches(
        trilogue.ray.Chat, fn_constructor_kwargs={"client": run.client(), "model": "m"}, concurrency=1
    )
    assert all(map(is_right, chat.take_all()))


def test_wrong_options_end_the_job_with_their_message(server: Server) -> None:
    with pytest.raises(Exception, match="in_flight must be a number from 1 to 10000"):
        answered(server.run(), 10, in_flight=0)
