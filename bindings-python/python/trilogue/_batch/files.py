"""Runs from a file to a file, which are waited for in the calling thread or in an event loop.

Invariant: when a function returns or raises, the run has ended, and its log is not locked.
"""

from __future__ import annotations

from sys import modules

from .._generated.types import BatchSummary
from .._sender import run_blocking
from .._waiting import wait_readable
from .options import start

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from typing import Any

    from .._client import AsyncClient, Client
    from .._native import BatchRun
    from .options import Progress


def run_file(
    client: Client,
    input: str | os.PathLike[str],
    log: str | os.PathLike[str] | None,
    progress: Progress | None,
    options: Mapping[str, Any],
    on_stop: Callable[[], object] | None = None,
) -> BatchSummary:
    """Run a batch in this thread. Ctrl-C once waits, after `on_stop`, until the rows in flight are done; twice cancels them."""
    run = start(client, run_blocking(client._sender._get_key()), input, log, options, has_reports=progress is not None)
    try:
        _wait(run, progress)
    except KeyboardInterrupt:
        finish_in_flight(run, progress, on_stop)
        raise
    except BaseException:
        abort(run)
        raise
    return outcome(run, progress)


async def run_file_async(
    client: AsyncClient,
    input: str | os.PathLike[str],
    log: str | os.PathLike[str] | None,
    progress: Progress | None,
    options: Mapping[str, Any],
) -> BatchSummary:
    """Run a batch in the runtime's thread, and wait for it in an event loop."""
    run = start(client, await client._sender._get_key(), input, log, options, has_reports=progress is not None)
    try:
        while not run.has_ended:
            await wait_readable(run)
            report(run, progress)
    except BaseException:
        await abort_async(run)
        raise
    return outcome(run, progress)


def finish_in_flight(run: BatchRun, progress: Progress | None, on_stop: Callable[[], object] | None = None) -> None:
    """Wait until the rows in flight are done. An exception, such as a second Ctrl-C, cancels them."""
    run.stop()
    try:
        if on_stop is not None:
            on_stop()
        _wait(run, progress)
    except BaseException:
        abort(run)
        raise


def abort(run: BatchRun) -> None:
    """End a run at once."""
    run.abort()
    while not run.has_ended:
        wait_until_ready(run)
        _discard(run)


async def abort_async(run: BatchRun) -> None:
    """End a run at once."""
    run.abort()
    while not run.has_ended:
        await wait_readable(run)
        _discard(run)


def _discard(run: BatchRun) -> None:
    """Take what a run has for the program, which otherwise would be ready at once again."""
    run.take()
    run.take_report()


def _wait(run: BatchRun, progress: Progress | None) -> None:
    while not run.has_ended:
        wait_until_ready(run)
        run.take()
        report(run, progress)


def wait_until_ready(run: BatchRun) -> None:
    """Wait until a run has rows to take or progress to report, or has ended."""
    if "greenlet" in modules:
        from .._waiting import greenlets

        wait = greenlets.wait_read()
        if wait is not None:
            greenlets.wait_readable(wait, run)
            return
    run.wait()


def report(run: BatchRun, progress: Progress | None) -> None:
    """Call `progress` if it is due."""
    if run.take_report() and progress is not None:
        progress(BatchSummary(run.summary()))


def outcome(run: BatchRun, progress: Progress | None) -> BatchSummary:
    """Return the summary of a run that has ended, after a last report; or raise its error."""
    summary = BatchSummary(run.outcome())
    if progress is not None:
        progress(summary)
    return summary
