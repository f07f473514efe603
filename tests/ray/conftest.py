"""Fixtures of the tests of Ray Data: one local Ray, and the benchmarks' server, whose rows fail by their numbers.

Invariant: starts and stops processes; asserts nothing.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_DEDUP_LOGS="0")

import ray
import ray.data

import trilogue

ROOT = Path(os.environ["TRILOGUE_ROOT"])
#: Percentages of rows that fail once, and always.
FAULTS = "transient=5,permanent=1"
_runs = itertools.count()


class Run:
    """A run at the server, with counts of its own."""

    def __init__(self, server: str, settings: str) -> None:
        self._base = f"{server}/rows/run={next(_runs)},{settings}"
        self.url = f"{self._base}/v1"

    def client(self, **options: Any) -> trilogue.Client:
        """Return a client of this run."""
        prices = {"m": {"input": "1", "output": "2"}}
        return trilogue.Client(base_url=self.url, api_key="sk-hushhush-1234", prices=prices, **options)

    def report(self) -> dict[str, Any]:
        """Return the counts so far, and begin anew."""
        with urllib.request.urlopen(f"{self._base}/report") as reply:
            counts: dict[str, Any] = json.load(reply)
        return counts


class Server:
    """The benchmarks' server as a process of its own."""

    def __init__(self) -> None:
        command = os.environ.get("TRILOGUE_ROWS_SERVER", str(ROOT / "target/debug/trilogue-bench-server"))
        self._process = subprocess.Popen([command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._url = self._process.stdout.readline().strip()

    def run(self, settings: str = FAULTS) -> Run:
        """Begin a run."""
        return Run(self._url, settings)

    def end(self) -> None:
        """Stop the server."""
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Start the server."""
    running = Server()
    yield running
    running.end()


@pytest.fixture(scope="session", autouse=True)
def cluster() -> Iterator[None]:
    """Start one Ray for all tests."""
    ray.init(
        num_cpus=4,
        include_dashboard=False,
        object_store_memory=200_000_000,
        logging_level="ERROR",
        log_to_driver=False,
        # The actors import the types of the tests.
        runtime_env={"env_vars": {"PYTHONPATH": f"{Path(__file__).parent}:{os.environ.get('PYTHONPATH', '')}"}},
    )
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    yield
    ray.shutdown()
