"""Run one client through one case, and print its figures as one line of JSON.

    python drive.py PEER CASE URL [NAME=VALUE ...]

CPU is user and system time of the whole process, including the client's threads. Each case runs once before it is measured. Received items
are counted, so that a client that loses a chunk has no result.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import peers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from peers import Peer

    Metrics = dict[str, float]
    RunCoroutine = Callable[[Awaitable[Any]], Any]

MEGA = 1e6


def cpu() -> float:
    """Return the CPU seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def memory(field: str) -> float:
    """Return memory in KB: `VmRSS` is the current value, `VmHWM` the maximum."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith(field))
    return float(line.split()[1])


def measured(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return the result of `work`, its CPU seconds and its elapsed seconds."""
    used, start = cpu(), perf_counter()
    value = work()
    return value, cpu() - used, perf_counter() - start


def expect(seen: Any, wanted: Any) -> None:
    """Exit with an error if a result is incomplete."""
    if seen != wanted:
        sys.exit(f"error: saw {seen} of {wanted}")


def stream(peer: Peer, run: RunCoroutine, given: dict[str, str]) -> Metrics:
    """Read one long stream: `chunks`, `per`, `padded`; `api` sync or async; `read` chunks or text."""
    count, like = int(given["chunks"]), f"per={given['per']},padded={given.get('padded', 0)}"
    method = {"chunks": "stream", "text": "text"}[given["read"]]

    def go(chunks: int) -> int:
        model = f"chunks={chunks},{like}"
        if given["api"] == "async":
            return int(run(getattr(peer, "a" + method)(model)))
        return int(getattr(peer, method)(model))

    go(min(count, 1000))
    seen, used, took = measured(lambda: go(count))
    expect(seen, count)
    return {"cpu_us": used / count * MEGA, "wall_us": took / count * MEGA}


def together(peer: Peer, run: RunCoroutine, given: dict[str, str]) -> Metrics:
    """Read many streams at once: `streams`, `chunks` of each, `delay` in milliseconds."""
    streams, chunks = int(given["streams"]), int(given["chunks"])

    async def every(model: str) -> list[int]:
        return await asyncio.gather(*(peer.astream(model) for _ in range(streams)))

    run(peer.astream("chunks=200"))
    before = memory("VmRSS")
    seen, used, took = measured(lambda: run(every(f"chunks={chunks},delay={given['delay']}")))
    expect(seen, [chunks] * streams)
    return {
        "cpu_us": used / chunks / streams * MEGA,
        "wall_us": took / chunks / streams * MEGA,
        "kb_a_stream": (memory("VmHWM") - before) / streams,
    }


def whole(peer: Peer, run: RunCoroutine, given: dict[str, str]) -> Metrics:
    """Make calls that are not streamed: `count` of them, `width` in flight."""
    width, each = int(given["width"]), int(given["count"]) // int(given["width"])
    model = "chunks=64"

    async def worker() -> None:
        for _ in range(each):
            await peer.awhole(model)

    async def workers() -> None:
        await asyncio.gather(*(worker() for _ in range(width)))

    def go() -> None:
        if given["api"] == "async":
            run(workers())
        else:
            for _ in range(each):
                peer.whole(model)

    go()
    _, used, took = measured(go)
    return {"cpu_us": used / each / width * MEGA, "wall_us": took / each / width * MEGA}


def first(peer: Peer, run: RunCoroutine, given: dict[str, str]) -> Metrics:
    """Measure the time from the call to the first text over kept connections, `count` times."""
    model, count = "chunks=4", int(given["count"])

    def go() -> float:
        return float(run(peer.afirst(model)) if given["api"] == "async" else peer.first(model))

    for _ in range(count // 4):
        go()
    times = sorted(go() * MEGA for _ in range(count))
    return {"first_us": median(times), "ninth_tenth_us": times[count * 9 // 10]}


def partials(peer: Peer, run: RunCoroutine, given: dict[str, str]) -> Metrics:  # noqa: ARG001  # every case has this shape
    """Read a partial value at each delta of `kb` of JSON, as a `tool` or as `json`."""
    mode, size = given["mode"], int(given["kb"]) * 1024
    peer.partials(f"{mode}=512,per=16", mode)
    (seen, items), used, took = measured(lambda: peer.partials(f"{mode}={size},per=16", mode))
    return {"cpu_s": used, "wall_s": took, "partials": seen, "items": items}


CASES = {case.__name__: case for case in (stream, together, whole, first, partials)}


def main() -> None:
    """Run the case that the arguments select."""
    name, case, url, *rest = sys.argv[1:]
    peer = peers.make(name, url)
    loop = asyncio.new_event_loop()
    run = loop.run_until_complete
    metrics = CASES[case](peer, run, dict(pair.split("=", 1) for pair in rest))
    run(peer.aclose())
    run(loop.shutdown_asyncgens())
    print(json.dumps(metrics))


if __name__ == "__main__":
    main()
