"""What type checkers know about batches. Checked, and never run."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from typing_extensions import TypedDict, assert_type

from trilogue import AsyncBatchRows, AsyncClient, BatchRow, BatchRows, BatchSummary, Client


class Columns(TypedDict):
    """The columns of a row."""

    text: str


class Frame:
    """An object with an Arrow stream."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the stream."""


def rows() -> Iterator[Columns]:
    """Return rows."""
    yield {"text": "a"}


async def arriving() -> AsyncIterator[dict[str, int]]:
    """Return rows that arrive one by one."""
    yield {"a": 1}


def check(client: Client) -> None:
    """Check the blocking client."""
    assert_type(client.batch("in.jsonl", "out.jsonl", rpm=3000, tpm=2e6, budget="20", sync="1s"), BatchSummary)
    batch = client.batch(rows(), log="run.jsonl", template="Summarize {text}", model="m", order=True)
    assert_type(batch, BatchRows[Columns])
    for row in batch:
        assert_type(row, BatchRow[Columns])
        assert_type(row.row["text"], str)
        assert_type(row.text, str | None)
    assert_type(client.batch(Frame(), template="Summarize {text}", response_format=dict), BatchRows[dict[str, Any]])


async def check_async(client: AsyncClient) -> None:
    """Check the asynchronous client."""
    assert_type(await client.batch("in.jsonl", "out.jsonl"), BatchSummary)
    batch = client.batch(arriving(), log="run.jsonl")
    assert_type(batch, AsyncBatchRows[dict[str, int]])
    async for row in batch:
        assert_type(row, BatchRow[dict[str, int]])
