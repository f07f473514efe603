"""Batches that end early: kill -9, Ctrl-C, full disks. After each of them, the same command answers each row exactly once."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from conftest import Server, line, read, write

#: The kills of one test: few in the test command, 20 in the slow checks.
KILLS = int(os.environ.get("TRILOGUE_BATCH_KILLS", "4"))


def start(server: Server, source: Path, log: Path, *arguments: str, **options: object) -> subprocess.Popen[str]:
    """Start `trilogue batch`."""
    command = [sys.executable, "-m", "trilogue", "batch", str(source), "-o", str(log), "--base-url", server.base_url]
    return subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for the end, and return the exit code and the output."""
    output, errors = process.communicate(timeout=120)
    return process.returncode, output, errors


def wait_for_lines(log: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Wait until the log has this many lines."""
    deadline = time.monotonic() + 60
    while not log.exists() or log.read_bytes().count(b"\n") < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_each_row_is_logged_once_after_kills(server: Server, tmp_path: Path) -> None:
    count, in_flight = 300 * (KILLS + 1), 32
    server.rule = lambda row, before: (500 if row % 20 == 7 and before == 0 else 200, {"retry-after-ms": "1"}, 0.01)
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(count)]), tmp_path / "out.jsonl"
    chance = random.Random(7)  # noqa: S311  (times of kills)
    for kill in range(KILLS):
        process = start(server, source, log, "--in-flight", str(in_flight))
        wait_for_lines(log, 300 * kill + chance.randint(1, 290), process)
        process.kill()
        finish(process)
    code, output, errors = finish(start(server, source, log, "--in-flight", str(in_flight), "--json"))
    assert (code, errors) == (0, "")
    assert json.loads(output)["answered"] == count
    ids = Counter(logged["custom_id"] for logged in read(log))
    assert len(ids) == count
    assert set(ids.values()) == {1}
    paid_twice = sum(server.answered.values()) - count
    assert 0 <= paid_twice <= in_flight * KILLS


def test_ctrl_c_finishes_the_rows_in_flight(server: Server, tmp_path: Path) -> None:
    server.rule = lambda _row, _before: (200, {}, 0.3)
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(100)]), tmp_path / "out.jsonl"
    process = start(server, source, log, "--in-flight", "4")
    wait_for_lines(log, 1, process)
    process.send_signal(signal.SIGINT)
    code, _, errors = finish(process)
    assert code == 130
    assert "the same command continues" in errors
    done = len(read(log))
    assert 0 < done < 100
    assert sum(server.answered.values()) == done, "no answer is lost"


def test_a_second_ctrl_c_stops_at_once(server: Server, tmp_path: Path) -> None:
    server.rule = lambda row, _before: (200, {}, 0.0 if row == 0 else 600.0)
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(100)]), tmp_path / "out.jsonl"
    process = start(server, source, log, "--in-flight", "4")
    wait_for_lines(log, 1, process)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    while "Ctrl-C once more stops at once" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert finish(process)[0] == 130
    assert len(read(log)) == 1


#: Iterates over a batch, and prints the rows that it gets.
SCRIPT = """
import sys
from trilogue import Client
rows = ({"n": n} for n in range(1000))
template = {"template": "row {n}", "model": "openai-gpt-oss-120b"}
for row in Client(base_url=sys.argv[1]).batch(rows, sys.argv[2], in_flight=4, **template):
    print(row.index, flush=True)
"""


def wait_until_it_sleeps(process: subprocess.Popen[str]) -> None:
    """Wait until the script waits for its next row: Ctrl-C in the body of its loop would leave the loop."""
    asleep = 0
    while asleep < 20:
        state = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        asleep = asleep + 1 if state == "S" else 0
        time.sleep(0.005)


def test_ctrl_c_in_a_script_finishes_the_rows_in_flight(server: Server, tmp_path: Path) -> None:
    server.holds = lambda row: row > 2
    log = tmp_path / "out.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, server.base_url, str(log)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert {int(process.stdout.readline()) for _ in range(3)} == {0, 1, 2}
    while server.in_flight < 4:
        time.sleep(0.005)
    wait_until_it_sleeps(process)
    process.send_signal(signal.SIGINT)
    server.holds = lambda _row: False
    _, _, errors = finish(process)
    assert "KeyboardInterrupt" in errors
    assert 7 <= len(read(log)) == sum(server.answered.values()) < 1000


@pytest.mark.parametrize("sync", ["row", "1s"])
def test_a_full_disk_loses_no_line(server: Server, tmp_path: Path, sync: str) -> None:
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(200)]), tmp_path / "out.jsonl"
    limit = 20_000

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    code, _, errors = finish(start(server, source, log, "--in-flight", "8", "--sync", sync, preexec_fn=limited))
    assert code == 1
    assert f"{log} can't be written" in errors
    lines = read(log)
    assert 0 < len(lines) < 200
    assert log.stat().st_size <= limit
    assert finish(start(server, source, log))[0] == 0
    ids = Counter(logged["custom_id"] for logged in read(log))
    assert (len(ids), set(ids.values())) == (200, {1})
    assert sum(server.answered.values()) - 200 <= 8 * 2


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_reports_failed_rows_and_budgets(server: Server, tmp_path: Path, *, as_json: bool) -> None:
    server.rule = lambda row, _before: (400 if row == 2 else 200, {}, 0.0)
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(5)]), tmp_path / "out.jsonl"
    more = ["--json"] if as_json else []
    code, output, _ = finish(start(server, source, log, *more))
    assert code == 2
    if as_json:
        assert json.loads(output)["failed"] == 1
    else:
        assert "failed    1" in output
    server.rule = lambda _row, _before: (200, {}, 0.0)
    code, output, _ = finish(start(server, source, log, "--retry-failed", "--order", *more))
    assert code == 0
    assert [logged["custom_id"] for logged in read(log)] == [f"id-{row}" for row in range(5)]
    code, output, _ = finish(start(server, source, tmp_path / "budget.jsonl", "--budget", "0.00001", *more))
    assert code == 3
    assert "budget" in output
