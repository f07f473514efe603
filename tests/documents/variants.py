"""The servers that a quickstart lists.

A table with the columns `server`, base URL, key and model says how its document's first program reaches other servers: with another base URL
and another model, and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from blocks import Block

#: The base URL and the model of the programs in the documents.
BASE_URL = "https://modelslab.com/api/v7/llm"
MODEL = "openai-gpt-oss-120b"

_ROW = re.compile(
    r"^(?://! ?)?\| (?P<server>[^|]+?) \| `(?P<base>https?://[^`]+)`[^|]* \| (?P<key>[^|]*?) \| `(?P<model>[^`]+)` \|$"
)


@dataclass(frozen=True)
class Row:
    """A server of the table."""

    server: str
    base_url: str
    #: The variable of the key, if the server needs one.
    variable: str | None
    model: str


def rows(text: str) -> list[Row]:
    """Return the rows of a document's table."""
    found = [row for line in text.splitlines() if (row := _ROW.match(line))]
    variable = re.compile(r"`([A-Z_]+_API_KEY)`")
    return [
        Row(row["server"], row["base"], key[1] if (key := variable.search(row["key"])) else None, row["model"])
        for row in found
    ]


def variants(block: Block, table: list[Row]) -> list[tuple[Row, Block]]:
    """Return a block for each server if the block is a program outside of a page that reaches any of them."""
    if block.is_page or BASE_URL not in block.text or MODEL not in block.text:
        return []

    def variant(number: int, row: Row) -> Block:
        text = block.text.replace(BASE_URL, row.base_url).replace(MODEL, row.model)
        return replace(block, text=text, suffix=f"_{number}")

    return [(row, variant(number, row)) for number, row in enumerate(table) if row.base_url != BASE_URL]
