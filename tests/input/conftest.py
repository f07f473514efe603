"""Fixtures for the input tests: the cases of all languages, and servers that record requests.

This module starts and stops servers and leaves all assertions to the tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripted import ROOT, Scripts

#: Inputs that every language rejects or accepts.
CASES: dict[str, Any] = json.loads((ROOT / "tests/input/cases.json").read_text())
ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def reply(status: int = 200, **error: Any) -> dict[str, Any]:
    """Return a completion, or an error with these fields."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}
    completion = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    body = {"error": error} if error else completion
    return {"status": status, "headers": {"content-type": "application/json"}, "body": [json.dumps(body)]}


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripts]:
    """Start the servers of one test and stop them afterwards."""
    monkeypatch.delenv("MODELSLAB_API_KEY", raising=False)
    made = Scripts(tmp_path)
    yield made
    made.end()
