"""Measures a streamed chat for the examples beside it.

The measurement is appended to the file `TRILOGUE_REPORT`, if it is set, as a line of JSON.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trilogue.types import ChatCompletion


class Report:
    """Measures the time since its creation."""

    def __init__(self, runtime: str) -> None:
        self.runtime = runtime
        self.started = time.perf_counter()
        self.first: float | None = None

    def show(self, text: str) -> None:
        """Print a token, and record the time of the first one."""
        if self.first is None:
            self.first = time.perf_counter() - self.started
        print(text, end="", flush=True)

    def write(self, completion: ChatCompletion | None) -> None:
        """Append the measurement."""
        total = time.perf_counter() - self.started
        usage = completion.usage.to_dict() if completion is not None and completion.usage is not None else None
        print()
        path = os.environ.get("TRILOGUE_REPORT")
        if path:
            line = json.dumps({"runtime": self.runtime, "first": self.first, "total": total, "usage": usage})
            with Path(path).open("a", encoding="utf-8") as file:
                print(line, file=file)
