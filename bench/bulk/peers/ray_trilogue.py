"""`trilogue.ray.Chat` with a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peers import cluster

if TYPE_CHECKING:
    from job import Job, Result


def run(job: Job) -> Result:
    """Send all rows."""
    start = cluster.start()
    import ray.data

    import trilogue
    import trilogue.ray

    options = {
        "client": trilogue.Client(base_url=job.url, api_key="k"),
        "template": "{text}",
        "model": "m",
        "max_tokens": 64,
        "log": job.folder / "log",
        "in_flight": job.in_flight,
    }
    # While one batch waits for its last answers, the actor sends the next one.
    pool = ray.data.ActorPoolStrategy(size=1, max_concurrent_calls_per_actor=4)
    data = cluster.rows(job).map_batches(
        trilogue.ray.Chat, fn_constructor_kwargs=options, batch_size=cluster.BATCH, compute=pool
    )
    rows = data.take_all()
    answers = {row["number"]: row["answer"] for row in rows if row["error"] is None}
    return answers, {row["number"]: row["error"] for row in rows if row["error"] is not None}, start
