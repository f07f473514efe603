"""Fixtures of the tests of records: the servers of the cases, and what the programs of each language have exported.

Invariant: starts servers and programs; asserts nothing.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripted import Scripts

ROOT = Path(os.environ["TRILOGUE_ROOT"])
HERE = Path(__file__).parent
#: The responses of a server whose model calls a tool twice, and then answers.
TOOLS: list[dict[str, Any]] = json.loads((HERE / "tools.json").read_text())
CASES: list[dict[str, Any]] = json.loads((HERE / "cases.json").read_text())
PROJECT = Path(os.environ["TRILOGUE_NODE_PROJECT"])
#: The program of each exporter, and the environment variables that it needs.
PROGRAMS: dict[str, tuple[list[str], dict[str, str]]] = {
    "rust": ([str(ROOT / "target/debug/trilogue-test-records")], {}),
    "python": ([os.environ["TRILOGUE_PYTHON"], str(HERE / "program.py")], {}),
    "node": (["node", str(PROJECT / "program.mjs")], {"TRILOGUE_BINDING": "native"}),
    "wasm": (["node", str(PROJECT / "program.mjs"), "--plain"], {"TRILOGUE_BINDING": "wasm"}),
}
PRICES = {case["name"]: {"input": "1", "output": "2"} for case in CASES} | {
    name: {"input": "1", "output": "2"} for name in ("served", "spare")
}


class Exported:
    """The servers of the cases, and what each program has exported."""

    def __init__(self, folder: Path) -> None:
        self._scripts = Scripts(folder)
        self._servers = [
            (self._scripts(*case["responses"]), self._scripts(*case["other"]) if "other" in case else None)
            for case in CASES
        ]
        self._tools = self._scripts(*TOOLS)
        self._results: dict[str, Any] = {}

    def of(self, program: str) -> Any:
        """Return what a program has exported; the base URLs of its servers are `MAIN` and `OTHER`."""
        if program not in self._results:
            self._results[program] = self._run(program)
        return self._results[program]

    def _run(self, program: str) -> Any:
        nonce = uuid.uuid4().hex
        cases, texts = [], {}
        for case, (main, other) in zip(CASES, self._servers, strict=True):
            urls = {"base_url": re.sub(r"[^/]+$", nonce, main.url)}
            texts[urls["base_url"]] = "MAIN"
            if other is not None:
                urls["other"] = re.sub(r"[^/]+$", nonce, other.url)
                texts[urls["other"]] = "OTHER"
            cases.append({**case, **urls, "prices": PRICES})
        command, variables = PROGRAMS[program]
        given = {"cases": cases, "tools": re.sub(r"[^/]+$", nonce, self._tools.url)}
        environment = {name: value for name, value in os.environ.items() if name != "MODELSLAB_API_KEY"}
        ended = subprocess.run(
            command,
            input=json.dumps(given),
            env={**environment, **variables},
            cwd=HERE,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert ended.returncode == 0, ended.stderr
        output = ended.stdout
        for url, text in texts.items():
            output = output.replace(url, text)
        return json.loads(output)

    def end(self) -> None:
        """Stop the servers."""
        self._scripts.end()


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    """Start the servers, and run each program once."""
    running = Exported(tmp_path_factory.mktemp("records"))
    yield running
    running.end()
