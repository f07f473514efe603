"""Starts a batch, and waits for it: in the calling thread, or in an event loop."""

from __future__ import annotations

import os
from dataclasses import dataclass
from decimal import Decimal

from .._sender import run_blocking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal, TypeAlias

    from .._client import AsyncClient, Client
    from .._native import BatchRun

    AnyClient: TypeAlias = "Client | AsyncClient"

#: Seconds between two looks at a run.
_INTERVAL = 0.1


@dataclass(frozen=True)
class BatchSummary:
    """The counts of a batch. Tokens and costs are those of all lines in the log, also of earlier runs."""

    end: Literal["running", "complete", "budget", "stopped"]
    """How the run ended: each row has a line; the budget did not cover a further row; or it was stopped."""

    rows: int
    """The rows of the input, without repetitions."""

    answered: int
    """Rows with an answer."""

    failed: int
    """Rows whose last line is an error."""

    open: int
    """Rows without a line."""

    repeated: int
    """Rows that are equal to an earlier one, and are not sent."""

    resumed: int
    """Rows that an earlier run had finished."""

    refused: int
    """How often a row was put back, since the server refused it for longer than the client waits."""

    torn_bytes: int
    """Bytes of a torn line that an earlier run had left, and that were removed."""

    input_tokens: int
    """Input tokens, those of caches included."""

    output_tokens: int
    """Output tokens."""

    cost: Decimal
    """The cost in dollars of all answers whose price is known."""

    unknown_costs: int
    """Answers of unknown cost."""

    elapsed: float
    """The time of this run, in seconds."""


def _summary(counts: dict[str, Any]) -> BatchSummary:
    counts = dict(counts)
    return BatchSummary(elapsed=counts.pop("elapsed_ms") / 1000, cost=Decimal(counts.pop("cost")), **counts)


def run_batch(
    client: Client,
    input: str | os.PathLike[str],
    log: str | os.PathLike[str],
    progress: Callable[[BatchSummary], object] | None,
    **options: Any,
) -> BatchSummary:
    """Run a batch in this thread."""
    run = _start(client, run_blocking(client._sender._get_key()), input, log, options)
    try:
        _wait(run, progress)
    except KeyboardInterrupt:
        finish_in_flight(run, progress)
        raise
    except BaseException:
        run.abort()
        raise
    return _summary(run.result())


def finish_in_flight(run: BatchRun, progress: Callable[[BatchSummary], object] | None) -> None:
    """Wait until the rows in flight are done. A second Ctrl-C cancels them."""
    run.stop()
    try:
        _wait(run, progress)
    except BaseException:
        run.abort()
        raise


def _wait(run: BatchRun, progress: Callable[[BatchSummary], object] | None) -> None:
    while not run.wait(_INTERVAL):
        if progress is not None:
            progress(_summary(run.summary()))


async def run_batch_async(
    client: AsyncClient,
    input: str | os.PathLike[str],
    log: str | os.PathLike[str],
    progress: Callable[[BatchSummary], object] | None,
    **options: Any,
) -> BatchSummary:
    """Run a batch in the runtime's thread, and wait for it in an event loop."""
    from asyncio import sleep

    run = _start(client, await client._sender._get_key(), input, log, options)
    try:
        while not run.is_done:
            await sleep(_INTERVAL)
            if progress is not None:
                progress(_summary(run.summary()))
    except BaseException:
        run.abort()
        raise
    return _summary(run.result())


def _start(
    client: AnyClient,
    key: str | None,
    input: str | os.PathLike[str],
    log: str | os.PathLike[str],
    options: dict[str, Any],
) -> BatchRun:
    given = client._options.given
    hooks = [name for name in ("on_request", "on_response", "on_event") if name in given]
    if hooks:
        from .._generated.errors import ConfigurationError

        message = f"{hooks[0]} is not called for rows of a batch; use a client without it"
        raise ConfigurationError(message)
    limits = {"requests_per_minute": options.pop("rpm"), "tokens_per_minute": options.pop("tpm")}
    limits = {name: limit for name, limit in limits.items() if limit is not None}
    if limits:
        client = client.with_options(**limits)
    if options["budget"] is not None:
        from .._objects.amounts import plain

        options["budget"] = plain(options["budget"])
    request: dict[str, Any] = {} if key is None else {"api_key": key}
    if client._sender.whole_timeout is not None:
        request["timeout"] = client._sender.whole_timeout
    return client._sender.native.batch(os.fspath(input), os.fspath(log), options, request)
