"""An `AsyncClient` of this package in a loop of asyncio, without a log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import trilogue

if TYPE_CHECKING:
    from job import Job, Result


def run(job: Job) -> Result:
    """Send all rows."""
    answers: dict[int, str] = {}
    errors: dict[int, str] = {}

    async def main() -> None:
        numbers = iter(range(job.rows))
        client = trilogue.AsyncClient(base_url=job.url, api_key="k")

        async def work() -> None:
            for number in numbers:
                try:
                    reply = await client.chat.completions.create(**job.body(number))
                    answers[number] = reply.choices[0].message.content or ""
                except trilogue.APIError as error:
                    errors[number] = str(error)

        await asyncio.gather(*(work() for _ in range(job.in_flight)))

    asyncio.run(main())
    return answers, errors, 0.0
