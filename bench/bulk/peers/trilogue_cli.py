"""`trilogue batch` from file to file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from peers.batch_log import read

if TYPE_CHECKING:
    from job import Job, Result


def run(job: Job) -> Result:
    """Send all rows."""
    given, log = job.folder / "in.jsonl", job.folder / "out.jsonl"
    if not given.exists():
        with given.open("w") as file:
            for number, body in enumerate(job.bodies()):
                file.write(json.dumps({"custom_id": str(number), "body": body}) + "\n")
    command = [Path(sys.executable).with_name("trilogue"), "batch", given, "-o", log]
    subprocess.run(
        [*command, "--in-flight", str(job.in_flight)],
        env={**os.environ, "MODELSLAB_BASE_URL": job.url, "MODELSLAB_API_KEY": "k"},
        # 2: some rows have failed.
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return *read(log), 0.0
