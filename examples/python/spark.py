"""Answers the rows of a Spark data frame: python spark.py [ROWS]. Needs pyspark, pyarrow and Java.

Spark runs a failed partition again; rows with an answer in the log are not sent twice. A limit belongs to one worker here, so divide that of your account by the number
of tasks that run at once.
"""

from __future__ import annotations

import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any

import pyarrow as pa  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]
from pyspark.sql import SparkSession  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]

import trilogue
from trilogue.workers import RowWorker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TASKS = 2
#: The columns of the input, and those of the answers.
COLUMNS = (
    "id bigint, text string, answer string, error string, usage struct<input_tokens: bigint, output_tokens: bigint>,"
    " cost double, attempts int"
)


def answering(log: str) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """Return a function that answers the batches of a partition."""

    def answer(batches: Iterator[Any]) -> Iterator[Any]:
        client = trilogue.Client(requests_per_minute=3000 / TASKS)
        with RowWorker(client=client, template="{text}", model="openai-gpt-oss-120b", log=log) as work:
            for batch in batches:
                yield from work(pa.Table.from_batches([batch])).to_batches()

    return answer


def main(rows: int) -> None:
    """Answer rows, and print some."""
    # The tasks need the packages of this program.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.master(f"local[{TASKS}]").config("spark.ui.enabled", "false").getOrCreate()
    frame = spark.range(rows).selectExpr("id", "concat('Say the number ', id) AS text").repartition(TASKS)
    with tempfile.TemporaryDirectory() as log:
        answers = frame.mapInArrow(answering(log), COLUMNS).collect()
    for row in answers[:5]:
        print(row.text, "->", row.answer or row.error)
    print(f"{sum(row.error is None for row in answers)} of {rows} rows are answered")
    spark.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
