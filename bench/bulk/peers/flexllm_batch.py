"""flexllm's batch with its log."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from flexllm import LLMClient

if TYPE_CHECKING:
    from job import Job, Result


def run(job: Job) -> Result:
    """Send all rows."""
    log = job.folder / "flex.jsonl"

    async def main() -> list[str | None]:
        client = LLMClient(base_url=job.url, model="m", api_key="k", concurrency_limit=job.in_flight, retry_times=2)
        messages = [body["messages"] for body in job.bodies()]
        results: list[str | None] = await client.chat_completions_batch(
            messages, output_jsonl=str(log), show_progress=False, max_tokens=64
        )
        return results

    answers = {number: text for number, text in enumerate(asyncio.run(main())) if isinstance(text, str)}
    errors = {}
    with log.open() as file:
        for line in map(json.loads, file):
            if line["status"] != "success":
                errors[line["index"]] = str(line.get("error"))
    return answers, errors, 0.0
