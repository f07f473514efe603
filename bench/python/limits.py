"""Makes many calls at once against a server with a limit, and prints their waits as one line of JSON.

    python limits.py PEER URL OPTIONS WIDTH SECONDS DELAY

OPTIONS are those of the client, as JSON. There are WIDTH calls; with SECONDS above 0, each is followed by another one until then. The wait of a
call is the time until its answer, less the server's DELAY in seconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from statistics import median
from time import perf_counter
from typing import Any

MESSAGES: list[Any] = [{"role": "user", "content": "Hello"}]


def make(peer: str, url: str, options: dict[str, Any]) -> Any:
    """Return the client."""
    if peer == "openai":
        import openai

        return openai.AsyncOpenAI(base_url=url, api_key="sk-bench", **options)
    import trilogue

    return trilogue.AsyncClient(base_url=url, api_key="sk-bench", **options)


async def main() -> None:
    """Make the calls."""
    peer, url, options, width, seconds, delay = sys.argv[1:]
    client = make(peer, url, json.loads(options))
    waits: list[float] = []
    failures: Counter[str] = Counter()
    started = perf_counter()

    async def caller() -> None:
        while True:
            begun = perf_counter()
            try:
                await client.chat.completions.create(model="m", messages=MESSAGES)
                waits.append(perf_counter() - begun - float(delay))
            except Exception as error:  # each is counted
                failures[type(error).__name__] += 1
            if perf_counter() - started >= float(seconds):
                return

    await asyncio.gather(*(caller() for _ in range(int(width))))
    if peer == "trilogue" and (client.limits.in_flight or client.limits.queued):
        failures["left behind"] += 1
    await client.close()
    figures = {"median": median(waits), "longest": max(waits)} if waits else {}
    if failures:
        print(dict(failures), file=sys.stderr)
    print(json.dumps({"failed": failures.total(), **figures}))


if __name__ == "__main__":
    asyncio.run(main())
