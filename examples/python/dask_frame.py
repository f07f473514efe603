"""Answers the rows of a Dask data frame: python dask_frame.py [ROWS]. Needs dask[dataframe], which has pandas and pyarrow.

Dask runs a failed partition again; rows with an answer in the log are not sent twice. A limit belongs to one process here, so divide that of your account by the number
of processes.
"""

from __future__ import annotations

import functools
import sys
import tempfile
from typing import Any

import dask.dataframe as dd  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]
import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]  # pyright: ignore[reportMissingImports]
import pyarrow as pa  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]

import trilogue
from trilogue.workers import RowWorker


@functools.cache
def worker(log: str) -> RowWorker:
    """Return the worker of this process. Its calls share limits and connections."""
    client = trilogue.Client(requests_per_minute=3000)
    return RowWorker(client=client, template="{text}", model="openai-gpt-oss-120b", log=log)


def answer(frame: Any, log: str) -> Any:
    """Answer the rows of a partition."""
    return worker(log)(pa.Table.from_pandas(frame, preserve_index=False)).to_pandas()


def main(rows: int) -> None:
    """Answer rows, and print some."""
    texts = pd.DataFrame({"id": range(rows), "text": [f"Say the number {number}" for number in range(rows)]})
    types = {
        "id": "i8",
        "text": "str",
        "answer": "str",
        "error": "str",
        "usage": "object",
        "cost": "f8",
        "attempts": "i4",
    }
    with tempfile.TemporaryDirectory() as log:
        answers = dd.from_pandas(texts, npartitions=4).map_partitions(answer, log, meta=types).compute()
    for row in answers.head(5).itertuples():
        print(row.text, "->", row.answer or row.error)
    print(f"{answers.error.isna().sum()} of {rows} rows are answered")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
