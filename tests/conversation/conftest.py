"""Fixtures for the conversation tests: servers with scripted responses, and the cases of all languages.

This module starts and stops servers and leaves all assertions to the tests.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripted import Scripts

ROOT = Path(os.environ["TRILOGUE_ROOT"])
CASES: dict[str, Any] = json.loads((ROOT / "tests/conversation/cases.json").read_text())
MODEL = "openai-gpt-oss-120b"


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripts]:
    """Start the servers of one test and stop them afterwards."""
    monkeypatch.delenv("MODELSLAB_API_KEY", raising=False)
    made = Scripts(tmp_path, "whole")
    yield made
    made.end()
