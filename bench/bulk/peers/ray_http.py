"""Ray Data's own processor for HTTP endpoints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from peers import cluster

if TYPE_CHECKING:
    from job import Job, Result


def run(job: Job) -> Result:
    """Send all rows."""
    start = cluster.start()
    from ray.data.llm import HttpRequestProcessorConfig, build_processor

    config = HttpRequestProcessorConfig(
        url=f"{job.url}/chat/completions",
        headers={"Authorization": "Bearer k"},
        max_retries=2,
        base_retry_wait_time_in_s=0.5,
        batch_size=job.in_flight,
        concurrency=1,
        qps=None,
    )

    def to_request(row: dict[str, Any]) -> dict[str, Any]:
        messages = [{"role": "user", "content": row["text"]}]
        return {"number": row["number"], "payload": {"model": "m", "messages": messages, "max_tokens": 64}}

    process = build_processor(
        config,
        preprocess=to_request,
        postprocess=lambda row: {"number": row["number"], "reply": json.dumps(row["http_response"])},
    )
    try:
        rows = process(cluster.rows(job)).take_all()
    except Exception:
        return {}, {}, start
    answers = {}
    for row in rows:
        reply = json.loads(row["reply"])
        # An error that it returns as an answer has no choices.
        answers[row["number"]] = reply["choices"][0]["message"]["content"] if reply.get("choices") else ""
    return answers, {}, start
