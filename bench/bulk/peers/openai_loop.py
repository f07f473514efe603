"""The official client in a loop of asyncio, without a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openai

from .loop import run_loop

if TYPE_CHECKING:
    from job import Job, Result


def run(job: Job) -> Result:
    """Send all rows."""
    return run_loop(job, lambda: openai.AsyncOpenAI(base_url=job.url, api_key="k", max_retries=2), openai.APIError)
