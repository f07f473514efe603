"""Answer the rows of a bulk job with one client, and print what became of them as one line of JSON.

    python drive.py PEER URL ROWS IN_FLIGHT FOLDER [RUN]

Rows that a client loses, and errors that it returns as answers, are counted: each answer names its row. A second call with the same folder is a
restart. The caller measures CPU and memory of the whole process tree.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

from job import Job


def main() -> None:
    """Run a peer."""
    peer, url, rows, in_flight, folder = sys.argv[1:6]
    job = Job(url, int(rows), int(in_flight), Path(folder))
    run = importlib.import_module(f"peers.{peer}").run
    started = time.perf_counter()
    # A peer that starts a cluster or reads a model list reports its own start.
    answers, errors, start = run(job)
    seconds = time.perf_counter() - started - start
    good = sum(f"row-{number}:" in (text or "") for number, text in answers.items())
    print(
        json.dumps(
            {
                "rows": job.rows,
                "good": good,
                "errors": len(errors),
                "wrong": len(answers) - good,
                "lost": job.rows - len(answers.keys() | errors.keys()),
                "seconds": seconds,
                "start": start,
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    main()
