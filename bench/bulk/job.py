"""The job that every client does: the texts of its rows, and where they are sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  (the dataclass has it)
from typing import Any


@dataclass
class Job:
    """A bulk job."""

    #: The base URL, with `/v1`.
    url: str
    rows: int
    in_flight: int
    #: An empty folder, or that of the run before.
    folder: Path

    def text(self, number: int) -> str:
        """Return the prompt of a row."""
        return f"Please answer row-{number} in one sentence, and be brief about it."

    def body(self, number: int) -> dict[str, Any]:
        """Return the request of a row."""
        return {
            "model": "m",
            "messages": [{"role": "user", "content": self.text(number)}],
            "max_tokens": 64,
        }

    def bodies(self) -> list[dict[str, Any]]:
        """Return the requests of all rows."""
        return [self.body(number) for number in range(self.rows)]


#: Answers by row, errors by row, and the seconds that the client needed to start.
Result = tuple[dict[int, str], dict[int, str], float]
