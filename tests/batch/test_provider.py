"""Batches at a provider: from Python and from the command, with kills. `trilogue/tests/provider_batch/` has the cases of the protocols."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from conftest import MODEL, line, read, write

from trilogue import AsyncClient, Client, ConfigurationError, InvalidRequestError

ROOT = Path(os.environ["TRILOGUE_ROOT"])


@dataclass
class Provider:
    """The files and batches of a test server."""

    url: str

    @property
    def base_url(self) -> str:
        """The base URL of a client."""
        return f"{self.url}/v1"

    def set_faults(self, **faults: Any) -> None:
        """Set what goes wrong, as `Faults` in `tests/server/src/batches.rs`."""
        with urlopen(f"{self.url}/faults", data=json.dumps(faults).encode()) as answer:
            assert answer.status == 200

    def counts(self) -> Any:
        """Return what was requested."""
        with urlopen(f"{self.url}/counts") as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """Start the test server."""
    command = [str(ROOT / "target/debug/trilogue-test-server"), str(ROOT / "tests/vectors")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


@pytest.fixture
def provider(server_url: str, request: pytest.FixtureRequest) -> Provider:
    """Return a provider with batches of its own, which end at the first request for their state."""
    made = Provider(f"{server_url}/batches/{request.node.name}")
    made.set_faults(polls=1)
    return made


def test_rows_are_answered_by_the_provider(provider: Provider, tmp_path: Path) -> None:
    message = {"model": MODEL, "messages": [{"role": "user", "content": "message"}], "max_tokens": 9}
    rows = [*(line(row) for row in range(40)), {"custom_id": "m", "params": message}]
    source, log = write(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl"
    seen: list[int] = []
    client = Client(base_url=provider.base_url)
    summary = client.batch(source, log, via="provider", progress=lambda summary: seen.append(summary.at_provider))
    assert (summary.end, summary.answered, summary.open, summary.at_provider) == ("complete", 41, 0, 0)
    answers = {logged["custom_id"]: logged["response"]["body"] for logged in read(log)}
    assert answers["id-7"]["choices"][0]["message"]["content"] == "Answer to row 7"
    assert answers["m"]["content"][0]["text"] == "Answer to message"
    assert summary.cost == client.spent.total > 0
    assert seen[-1] == 0


def test_an_event_loop_runs_batches_of_a_provider(provider: Provider, tmp_path: Path) -> None:
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(5)]), tmp_path / "out.jsonl"

    async def run() -> None:
        async with AsyncClient(base_url=provider.base_url) as client:
            assert (await client.batch(source, log, via="provider")).answered == 5

    asyncio.run(run())
    assert (provider.counts()["uploads"], provider.counts()["batches"]) == (1, 1)


def test_options_without_an_effect_are_refused(provider: Provider, tmp_path: Path) -> None:
    source, log = write(tmp_path / "in.jsonl", [line(0)]), tmp_path / "out.jsonl"
    client = Client(base_url=provider.base_url)
    for options in ({"in_flight": 5}, {"rpm": 60}, {"tokens_per_minute": 1000}):
        with pytest.raises(ConfigurationError, match="has no effect with via"):
            client.batch(source, log, via="provider", **options)
    with pytest.raises(ConfigurationError, match='via must be "calls" or "provider"'):
        client.batch(source, log, via="mail")  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError, match="auth can't be"):
        Client(base_url=provider.base_url, api_key="k", auth="body-key").batch(source, log, via="provider")
    with pytest.raises(ConfigurationError, match="pass them as a file"):
        list(client.batch([line(0)], log=tmp_path / "rows.jsonl", via="provider"))
    assert provider.counts()["uploads"] == 0


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_the_same_command_goes_on_after_a_kill(provider: Provider, tmp_path: Path, end: signal.Signals) -> None:
    source, log = write(tmp_path / "in.jsonl", [line(row) for row in range(30)]), tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "trilogue", "batch", str(source), "-o", str(log), "--via", "provider", "--json"]
    command += ["--base-url", provider.base_url]
    provider.set_faults(polls=1_000_000)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not provider.counts()["polls"]:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(end)
    _output, errors = process.communicate(timeout=60)
    if end is signal.SIGINT:
        assert process.returncode == 130
        assert "the same command continues" in errors
    with pytest.raises(InvalidRequestError, match="30 rows at the provider"):
        Client(base_url=provider.base_url).batch(source, log)
    provider.set_faults(polls=1)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["answered"] == 30
    counts = provider.counts()
    assert (counts["uploads"], counts["batches"], set(counts["requests"].values())) == (1, 1, {1})
    assert sorted(logged["custom_id"] for logged in read(log)) == sorted(f"id-{row}" for row in range(30))
