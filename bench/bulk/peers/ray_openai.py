"""The official client in an actor of Ray Data."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from peers import cluster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from job import Job, Result


class Calls:
    """Sends the rows of a batch at once."""

    def __init__(self, url: str) -> None:
        import openai

        self._client = openai.AsyncOpenAI(base_url=url, api_key="k", max_retries=2)
        self._error = openai.APIError

    async def __call__(self, batch: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Send a batch."""

        async def send(text: str) -> tuple[str, str]:
            try:
                reply = await self._client.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": text}], max_tokens=64
                )
            except self._error as error:
                return "", str(error)
            return reply.choices[0].message.content or "", ""

        results = await asyncio.gather(*map(send, batch["text"]))
        answers, errors = zip(*results, strict=True)
        yield {"number": batch["number"], "answer": list(answers), "error": list(errors)}


def run(job: Job) -> Result:
    """Send all rows."""
    start = cluster.start()
    data = cluster.rows(job).map_batches(
        Calls, fn_constructor_kwargs={"url": job.url}, batch_size=job.in_flight, concurrency=1
    )
    rows = data.take_all()
    answers = {row["number"]: row["answer"] for row in rows if not row["error"]}
    return answers, {row["number"]: row["error"] for row in rows if row["error"]}, start
