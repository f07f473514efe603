"""A local Ray, and the rows of a job as its data set."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Any

os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_DEDUP_LOGS="0", PYTHONWARNINGS="ignore")

import ray
import ray.data

if TYPE_CHECKING:
    from job import Job

#: The rows that an actor gets at a time.
BATCH = 512


def start() -> float:
    """Start Ray. Returns the seconds that it took."""
    started = time.perf_counter()
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    ray.init(
        num_cpus=4,
        include_dashboard=False,
        object_store_memory=300_000_000,
        logging_level="ERROR",
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": here}},
    )
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    return time.perf_counter() - started


def rows(job: Job) -> Any:
    """Return the rows."""
    text = job.text
    return ray.data.range(job.rows).map(lambda row: {"number": row["id"], "text": text(row["id"])})
