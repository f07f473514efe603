"""What the tests of conversations share: a model that is a script, and its answers in both formats.

Law: starts and stops servers and writes their scripts; asserts nothing.
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

ROOT = Path(os.environ["TRILOGUE_ROOT"])
CASES: dict[str, Any] = json.loads((ROOT / "tests/conversation/cases.json").read_text())
MODEL = "openai-gpt-oss-120b"


class Script:
    """A test server that answers one request after the other; the last answer stays."""

    def __init__(self, folder: Path, responses: list[dict[str, Any]]) -> None:
        folder.mkdir()
        vector = {"about": "a script", "response": responses, "expect": {}}
        (folder / "script.json").write_text(json.dumps(vector))
        command = [str(ROOT / "target/debug/trilogue-test-server"), str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self._root = self.process.stdout.readline().strip()
        self._nonce = uuid.uuid4().hex
        #: Where clients send their requests.
        self.url = f"{self._root}/v/script/whole/{self._nonce}"

    def bodies(self) -> list[dict[str, Any]]:
        """Return the requests that came."""
        with urllib.request.urlopen(f"{self._root}/log/{self._nonce}") as reply:
            return [entry["body"] for entry in json.load(reply)]


class Scripts:
    """Makes servers for one test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.running: list[Script] = []

    def __call__(self, *responses: dict[str, Any]) -> Script:
        """Start a server."""
        self.running.append(Script(self._folder / str(len(self.running)), list(responses)))
        return self.running[-1]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripts]:
    """Make servers for one test, and end them after it."""
    monkeypatch.delenv("MODELSLAB_API_KEY", raising=False)
    made = Scripts(tmp_path)
    yield made
    for script in made.running:
        script.process.kill()
        script.process.communicate()
