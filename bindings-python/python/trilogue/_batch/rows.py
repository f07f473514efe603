"""Runs of rows, as iterators over finished rows.

Invariant: the run takes rows from its source only as fast as they are sent and read. When an iterator has ended, raised or was closed, so has its
run, and the log is not locked.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import AsyncIterable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._generated.types import BatchSummary
from .._sender import run_blocking
from .._waiting import wait_readable
from .files import abort, abort_async, finish_in_flight, outcome, report, wait_until_ready
from .frames import columns_of, library_of, make_frame, plain_row, rows_of
from .options import start
from .row import BatchRow

if TYPE_CHECKING:
    import asyncio
    import os
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from typing_extensions import Self

    from .._client import AsyncClient, Client
    from .._native import BatchRun
    from .._structured.plan import Plan
    from .options import ArrowStream, Progress

    Log = str | os.PathLike[str] | None

Row = TypeVar("Row")


class _Exchange(Generic[Row]):
    """The rows between a program and its run."""

    def __init__(self, run: BatchRun, plan: Plan[Any] | None, *, is_frame: bool) -> None:
        self.run = run
        self._is_frame = is_frame
        self._plan = plan
        self._pushed = 0
        #: Rows that were handed over and not taken back, by number.
        self._open: dict[int, Row] = {}
        self.finished: deque[BatchRow[Row]] = deque()
        #: The error of the source, or of one of its rows. It is raised after the rows before it.
        self.error: BaseException | None = None

    def push(self, row: Row) -> bool:
        """Hand a row over. Returns whether a further one may follow now."""
        self._pushed += 1
        self._open[self._pushed] = row
        return self.run.push(plain_row(row) if self._is_frame else row)

    def end(self, error: BaseException | None = None) -> None:
        """Hand no further row over."""
        self.error = self.error or error
        self.run.end_rows()

    def take(self) -> bool:
        """Take finished rows. Returns whether there are any."""
        for number, text in self.run.take():
            self.finished.append(BatchRow(number - 1, self._open.pop(number), text, self._plan))
        return bool(self.finished)


class BatchRows(Generic[Row]):
    """Finished rows of a batch, as a blocking iterator: as they finish, or with `order=True` in the order of the input.

    After the last row it raises the error of a run that ended early. Closing it ends the run at once.
    """

    def __init__(
        self,
        client: Client,
        source: Iterable[Row] | ArrowStream,
        log: Log,
        plan: Plan[Any] | None,
        progress: Progress | None,
        options: Mapping[str, Any],
    ) -> None:
        self._library = library_of(source)
        self._source: Iterator[Row] | None = iter(rows_of(source))
        self._plan = plan
        self._progress = progress
        run = start(
            client, run_blocking(client._sender._get_key()), None, log, options, has_reports=progress is not None
        )
        self._run = run
        self._exchange: _Exchange[Row] = _Exchange(run, plan, is_frame=bool(self._library))
        self._collected: list[BatchRow[Row]] = []
        self._has_ended = False

    @property
    def summary(self) -> BatchSummary:
        """The counts so far."""
        return BatchSummary(self._run.summary())

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> BatchRow[Row]:
        exchange = self._exchange
        try:
            if exchange.finished:
                # More rows are taken than returned, so that the calls in flight never run out, and a slow source delays few rows.
                self._feed(2)
            elif not self._has_ended:
                self._advance()
        except KeyboardInterrupt:
            self._has_ended = True
            finish_in_flight(self._run, self._progress)
            raise
        except BaseException:
            # For example, `progress` has raised.
            self._source, self._has_ended = None, True
            abort(self._run)
            raise
        if exchange.finished:
            return exchange.finished.popleft()
        raise StopIteration

    def _advance(self) -> None:
        """Wait until a row has finished, or the run has ended."""
        exchange, run = self._exchange, self._run
        while not exchange.take():
            if self._source is not None and run.has_space and not run.has_ended:
                self._feed(1)
            elif run.has_ended:
                # A row may have finished just before the end.
                if not exchange.take():
                    self._end()
                return
            else:
                wait_until_ready(run)
            report(run, self._progress)

    def _feed(self, count: int) -> None:
        """Hand up to this number of rows over."""
        exchange = self._exchange
        while count > 0 and self._source is not None and self._run.has_space and not self._run.has_ended:
            count -= 1
            try:
                exchange.push(next(self._source))
            except StopIteration:
                self._source = None
                exchange.end()
            except Exception as error:
                self._source = None
                exchange.end(error)

    def _end(self) -> None:
        """Raise the error of the run or of the source, if there is one."""
        self._has_ended = True
        outcome(self._run, self._progress)
        if self._exchange.error is not None:
            raise self._exchange.error

    def to_frame(self) -> Any:
        """Return all rows as a data frame of the library that the input comes from, else as a table of pyarrow.

        Its columns, in the order of the input: those of the input; the fields of `response_format`; `answer`, the text; `error`; `input_tokens`,
        `output_tokens`, `cost`, `attempts` and `elapsed` (seconds). A column whose name the input has too gets the prefix `answer_`.
        """
        return self._frame(self._library)

    def to_arrow(self) -> Any:
        """Return all rows as a table of pyarrow, as `to_frame`."""
        return self._frame("pyarrow")

    def to_pandas(self) -> Any:
        """Return all rows as a data frame of pandas, as `to_frame`."""
        return self._frame("pandas")

    def to_polars(self) -> Any:
        """Return all rows as a data frame of polars, as `to_frame`."""
        return self._frame("polars")

    def _frame(self, library: str) -> Any:
        # After an error, a further call has the rows before it.
        for row in self:
            self._collected.append(row)
        return make_frame(library, *columns_of(self._collected, self._plan))

    def stop(self) -> None:
        """Send no further rows. The iterator ends after those in flight."""
        self._source = None
        self._run.stop()

    def close(self) -> None:
        """End the run at once: rows in flight are cancelled."""
        self._source, self._has_ended = None, True
        self._exchange.finished.clear()
        abort(self._run)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncBatchRows(Generic[Row]):
    """Finished rows of a batch, as an asynchronous iterator: as they finish, or with `order=True` in the order of the input.

    After the last row it raises the error of a run that ended early. Closing it ends the run at once.
    """

    def __init__(
        self,
        client: AsyncClient,
        source: AsyncIterable[Row] | Iterable[Row] | ArrowStream,
        log: Log,
        plan: Plan[Any] | None,
        progress: Progress | None,
        options: Mapping[str, Any],
    ) -> None:
        self._client = client
        self._library = library_of(source)
        self._source: AsyncIterable[Row] | Iterable[Row] = rows_of(source)
        self._log = log
        self._plan = plan
        self._progress = progress
        self._options = options
        self._exchange: _Exchange[Row] | None = None
        self._feeder: asyncio.Task[None] | None = None
        self._space: asyncio.Event | None = None
        self._collected: list[BatchRow[Row]] = []
        self._has_ended = False

    @property
    def summary(self) -> BatchSummary:
        """The counts so far."""
        return BatchSummary({} if self._exchange is None else self._exchange.run.summary())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> BatchRow[Row]:
        if self._exchange is None and not self._has_ended:
            await self._start()
        exchange = self._exchange
        if exchange is not None and not exchange.finished and not self._has_ended:
            try:
                await self._advance(exchange)
            except Exception:
                # For example, `progress` has raised.
                self._has_ended = True
                if self._feeder is not None:
                    self._feeder.cancel()
                await abort_async(exchange.run)
                raise
        if exchange is not None and exchange.finished:
            return exchange.finished.popleft()
        raise StopAsyncIteration

    async def _start(self) -> None:
        import asyncio

        key = await self._client._sender._get_key()
        # The log is read in a thread: it may be long.
        run = await asyncio.to_thread(
            start, self._client, key, None, self._log, self._options, has_reports=self._progress is not None
        )
        self._exchange = exchange = _Exchange[Row](run, self._plan, is_frame=bool(self._library))
        self._space = asyncio.Event()
        self._feeder = asyncio.create_task(_feed(self._source, exchange, self._space))

    async def _advance(self, exchange: _Exchange[Row]) -> None:
        """Wait until a row has finished, or the run has ended."""
        run, space = exchange.run, self._space
        while not exchange.take():
            if run.has_ended:
                if not exchange.take():
                    self._end(exchange)
                return
            await wait_readable(run)
            report(run, self._progress)
        if space is not None:
            space.set()

    def _end(self, exchange: _Exchange[Row]) -> None:
        """Raise the error of the run or of the source, if there is one."""
        self._has_ended = True
        if self._feeder is not None:
            self._feeder.cancel()
        outcome(exchange.run, self._progress)
        if exchange.error is not None:
            raise exchange.error

    async def to_frame(self) -> Any:
        """Return all rows as a data frame of the library that the input comes from, else as a table of pyarrow.

        The columns are those of `BatchRows.to_frame`.
        """
        return await self._frame(self._library)

    async def to_arrow(self) -> Any:
        """Return all rows as a table of pyarrow, as `to_frame`."""
        return await self._frame("pyarrow")

    async def to_pandas(self) -> Any:
        """Return all rows as a data frame of pandas, as `to_frame`."""
        return await self._frame("pandas")

    async def to_polars(self) -> Any:
        """Return all rows as a data frame of polars, as `to_frame`."""
        return await self._frame("polars")

    async def _frame(self, library: str) -> Any:
        # After an error, a further call has the rows before it.
        async for row in self:
            self._collected.append(row)
        return make_frame(library, *columns_of(self._collected, self._plan))

    def stop(self) -> None:
        """Send no further rows. The iterator ends after those in flight."""
        if self._feeder is not None:
            self._feeder.cancel()
        if self._exchange is None:
            self._has_ended = True
        else:
            self._exchange.run.stop()

    async def aclose(self) -> None:
        """End the run at once: rows in flight are cancelled."""
        self._has_ended = True
        if self._feeder is not None:
            self._feeder.cancel()
        if self._exchange is not None:
            self._exchange.finished.clear()
            await abort_async(self._exchange.run)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        # If a loop is left early, the task would keep the run alive.
        feeder = getattr(self, "_feeder", None)
        if feeder is not None and not feeder.done():
            # The event loop may be closed.
            with contextlib.suppress(RuntimeError):
                feeder.cancel()


async def _feed(source: AsyncIterable[Row] | Iterable[Row], exchange: _Exchange[Row], space: asyncio.Event) -> None:
    """Hand all rows over, whenever there is space."""

    async def push(row: Row) -> None:
        has_space = exchange.push(row)
        while not has_space:
            space.clear()
            await space.wait()
            has_space = exchange.run.has_space

    error: BaseException | None = None
    try:
        if isinstance(source, AsyncIterable):
            async for row in source:
                await push(row)
        else:
            for row in source:
                await push(row)
    except Exception as failure:
        error = failure
    exchange.end(error)
