"""Fixtures of the lifecycle tests: the test server as a process, and the programs of each runtime.

Invariant: starts and stops processes; asserts nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripted import Scripts

ROOT = Path(os.environ["TRILOGUE_ROOT"])
PYTHON = os.environ["TRILOGUE_PYTHON"]
NODE = Path(os.environ["TRILOGUE_NODE_PROJECT"])
#: A whole chat completion with the text "Hello".
COMPLETION = (
    b'{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}]}'
)
BROWSER = [os.environ[f"TRILOGUE_{name}"] for name in ("NODE_PROJECT", "CHROMIUM", "PLAYWRIGHT")]
PROGRAMS = {
    "rust": [str(ROOT / "target/debug/trilogue-example"), "Hi"],
    "python": [PYTHON, str(ROOT / "examples/python/chat.py"), "Hi"],
    "python async": [PYTHON, str(ROOT / "examples/python/chat_async.py"), "Hi"],
    "node": ["node", str(NODE / "chat.mjs"), "Hi"],
    "browser": ["node", str(ROOT / "examples/browser/headless.mjs"), "Hi", *BROWSER],
}


class Server:
    """The test server as a process of its own."""

    def __init__(self) -> None:
        command = [str(ROOT / "target/debug/trilogue-test-server"), str(ROOT / "tests/vectors")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def base_url(self, vector: str) -> str:
        """Return a base URL that answers with this vector, with a new nonce."""
        return f"{self.url}/v/{vector}/pieces/{uuid.uuid4().hex}"

    def log(self, base_url: str) -> list[dict[str, Any]]:
        """Return the requests that the server received under a base URL."""
        with urllib.request.urlopen(f"{self.url}/log/{base_url.rsplit('/', 1)[1]}") as reply:
            entries: list[dict[str, Any]] = json.load(reply)
        return entries

    def kill(self) -> None:
        """Kill the server."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server() -> Iterator[Server]:
    """Start a server for one test."""
    running = Server()
    yield running
    running.kill()


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripts]:
    """Start servers with scripted responses, and stop them after the test."""
    monkeypatch.delenv("MODELSLAB_API_KEY", raising=False)
    running = Scripts(tmp_path)
    yield running
    running.end()


def environment(base_url: str, **more: str) -> dict[str, str]:
    """Return the environment of a program that uses `base_url`."""
    kept = {name: value for name, value in os.environ.items() if name != "MODELSLAB_API_KEY"}
    return {**kept, "MODELSLAB_BASE_URL": base_url, "PYTHONDEVMODE": "", **more}
