"""`client.batch` of an iterable in Python, with a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trilogue
from peers.batch_log import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from job import Job, Result


def run(job: Job) -> Result:
    """Send all rows."""
    log = job.folder / "rows.jsonl"

    def rows() -> Iterator[dict[str, Any]]:
        for number, body in enumerate(job.bodies()):
            yield {"custom_id": str(number), "body": body}

    with trilogue.Client(base_url=job.url, api_key="k") as client:
        for _ in client.batch(rows(), log=log, in_flight=job.in_flight):
            pass
    return *read(log), 0.0
