"""A client of asyncio in a loop, without a log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from job import Job, Result


def run_loop(job: Job, make_client: Callable[[], Any], failure: type[Exception]) -> Result:
    """Send all rows with the client that is made in the event loop. `failure`: the class of its errors."""
    answers: dict[int, str] = {}
    errors: dict[int, str] = {}

    async def main() -> None:
        numbers = iter(range(job.rows))
        client = make_client()

        async def work() -> None:
            for number in numbers:
                try:
                    reply = await client.chat.completions.create(**job.body(number))
                    answers[number] = reply.choices[0].message.content or ""
                except failure as error:
                    errors[number] = str(error)

        await asyncio.gather(*(work() for _ in range(job.in_flight)))

    asyncio.run(main())
    return answers, errors, 0.0
