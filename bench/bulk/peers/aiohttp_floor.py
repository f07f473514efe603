"""aiohttp and orjson in a loop: what a program writes by hand, without a log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import orjson

if TYPE_CHECKING:
    from job import Job, Result

_TRIES = 3


def run(job: Job) -> Result:
    """Send all rows."""
    answers: dict[int, str] = {}
    errors: dict[int, str] = {}

    async def main() -> None:
        numbers = iter(range(job.rows))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=job.in_flight)) as session:

            async def send(number: int) -> None:
                body = orjson.dumps(job.body(number))
                for attempt in range(_TRIES):
                    headers = {"content-type": "application/json"}
                    async with session.post(f"{job.url}/chat/completions", data=body, headers=headers) as reply:
                        text = await reply.read()
                    if reply.status == 200:
                        answers[number] = orjson.loads(text)["choices"][0]["message"]["content"]
                        return
                    errors[number] = text.decode()
                    if reply.status < 500:
                        return
                    await asyncio.sleep(0.45 * 2**attempt)
                    errors.pop(number)

            async def work() -> None:
                for number in numbers:
                    await send(number)

            await asyncio.gather(*(work() for _ in range(job.in_flight)))

    asyncio.run(main())
    return answers, errors, 0.0
