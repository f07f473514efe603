"""Reads the log of a batch of this package."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read(log: Path) -> tuple[dict[int, str], dict[int, str]]:
    """Return the answers and the errors by row."""
    answers: dict[int, str] = {}
    errors: dict[int, str] = {}
    with log.open() as file:
        for line in map(json.loads, file):
            number = int(line["custom_id"])
            if line["error"] is None:
                answers[number] = line["response"]["body"]["choices"][0]["message"]["content"]
            else:
                errors[number] = line["error"]["message"]
    return answers, errors
