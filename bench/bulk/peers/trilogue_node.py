"""`client.batch` of an iterable in Node, with a log."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from peers.batch_log import read

if TYPE_CHECKING:
    from job import Job, Result


def run(job: Job) -> Result:
    """Send all rows."""
    node, project = os.environ["TRILOGUE_BENCH_NODE"], Path(os.environ["TRILOGUE_BENCH_PROJECT"])
    log = job.folder / "node.jsonl"
    command = [node, project / "bulk.mjs", job.url, str(job.rows), str(job.in_flight), log]
    subprocess.run(command, check=True, cwd=project, stdout=subprocess.DEVNULL)
    return *read(log), 0.0
