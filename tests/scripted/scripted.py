"""Test servers with scripted responses, shared by the Python tests.

A script is a list of responses. Each request gets the next one, and the last one is repeated. This module starts and stops servers and
reports their requests, and leaves all assertions to the tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(os.environ["TRILOGUE_ROOT"])
#: Maximum wait for the end of a response, in seconds.
_TIMEOUT = 30


class Script:
    """A running server with one script."""

    def __init__(self, folder: Path, responses: list[dict[str, Any]], endpoint: str, split: str) -> None:
        folder.mkdir()
        vector = {"about": "a script", "endpoint": endpoint, "response": responses, "expect": {}}
        (folder / "script.json").write_text(json.dumps(vector))
        command = [str(ROOT / "target/debug/trilogue-test-server"), str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._root = self._process.stdout.readline().strip()
        self._nonce = uuid.uuid4().hex
        #: Base URL for clients.
        self.url = f"{self._root}/v/script/{split}/{self._nonce}"

    def log(self) -> list[dict[str, Any]]:
        """Return the requests and their outcomes."""
        with urllib.request.urlopen(f"{self._root}/log/{self._nonce}") as reply:
            entries: list[dict[str, Any]] = json.load(reply)
        return entries

    def bodies(self) -> list[dict[str, Any]]:
        """Return the bodies of the requests."""
        return [entry["body"] for entry in self.log()]

    def outcome(self, number: int = -1) -> str:
        """Wait for the end of a response, by default the last one, and return its outcome."""
        deadline = time.monotonic() + _TIMEOUT
        while self.log()[number]["outcome"] == "open" and time.monotonic() < deadline:
            time.sleep(0.01)
        return str(self.log()[number]["outcome"])

    def end(self) -> None:
        """Stop the server."""
        self._process.kill()
        self._process.communicate()


class Scripts:
    """Starts the servers of one test."""

    def __init__(self, folder: Path, split: str = "pieces") -> None:
        self._folder = folder
        self._split = split
        self._running: list[Script] = []

    def __call__(self, *responses: dict[str, Any], endpoint: str = "chat") -> Script:
        """Start a server that returns these responses in order."""
        folder = self._folder / f"script{len(self._running)}"
        self._running.append(Script(folder, list(responses), endpoint, self._split))
        return self._running[-1]

    def chat(self, *responses: dict[str, Any]) -> Script:
        """Start a server for chat completions."""
        return self(*responses)

    def messages(self, *responses: dict[str, Any]) -> Script:
        """Start a server for messages."""
        return self(*responses, endpoint="messages")

    def end(self) -> None:
        """Stop all servers."""
        for script in self._running:
            script.end()
