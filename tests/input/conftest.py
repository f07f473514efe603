"""What the tests of input share: a server that answers anything, and what was sent to it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripted import Scripts

CASES: dict[str, Any] = json.loads((Path(os.environ["TRILOGUE_ROOT"]) / "tests/input/cases.json").read_text())
