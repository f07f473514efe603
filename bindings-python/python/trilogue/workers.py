"""The worker of `trilogue.ray`, for other engines that pass tables of Arrow, such as Spark's `mapInArrow` and Dask's `map_partitions`.

    from trilogue.workers import RowWorker

    with RowWorker(template="Summarize {text}", model="openai-gpt-oss-120b", log="s3://bucket/run") as answer:
        table = answer(table)

The options are those of `trilogue.ray.Chat`, with `budget` in place of `limits`.
"""

from __future__ import annotations

try:
    from ._columns.worker import RowWorker
except ModuleNotFoundError as error:
    _message = "trilogue.workers needs Arrow: pip install pyarrow"
    raise ImportError(_message, name=error.name, path=error.path) from error

__all__ = ["RowWorker"]
