"""Runs of tools: the model is asked, its calls are run, their results are told, until it answers.

Law: drives a run (`_run.py`) with either client. A function runs in a thread of its own where several are called, or a time limit is set:
nobody can stop a thread, so one that is too late is left behind.
"""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from .._native import Loop
from .._sender import result_of, run_blocking
from .._streaming.loops import AsyncLoop
from .._streaming.stream import STREAM_EVENT, AsyncStream, Item, Stream
from .run import Call, Final, Run

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
    from concurrent.futures import Future
    from types import TracebackType
    from typing import Literal

    from typing_extensions import Self

    from .._generated.types import ToolEvent

    OnToolError = Literal["return", "raise"]


def _in_thread(work: Callable[[], Any]) -> Future[Any]:
    """Run a function in a thread that the process doesn't wait for at its end."""
    import contextvars
    import threading
    from concurrent.futures import Future

    future: Future[Any] = Future()
    context = contextvars.copy_context()

    def run() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = context.run(work)
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name="trilogue tool", daemon=True).start()
    return future


def _waited(work: Callable[[], Any]) -> Any:
    """Run a function, and wait for its result if it is asynchronous."""
    value = work()
    if not hasattr(value, "__await__"):
        return value
    import asyncio

    async def soon() -> Any:
        return await value

    return asyncio.run(soon())


class ToolRunner(Run[Item, Final]):
    """A run of tools: iterate over it for the events of every step, or call `until_done()`."""

    _events: Generator[Item | ToolEvent, None, None] | None = None

    def __iter__(self) -> Iterator[Item | ToolEvent]:
        """Return the events: those of `.stream()`, and around each call `tool.start` and `tool.done`.

        Both have the call's `id`, `name` and `arguments`; `tool.done` has `result` or `error`, as the model is told it.
        """
        self._events = self._events or self._steps()
        return Loop(self, self._events)

    def _exit_loop(self, error: BaseException) -> None:
        """End the run because an exception has left a loop over it."""
        del error
        self.close()

    def until_done(self) -> Final:
        """Run to the end and return the answer."""
        for _ in self:
            pass
        return self._ended()

    get_final_completion = get_final_message = until_done

    def close(self) -> None:
        """End the run."""
        if self._events is not None:
            self._events.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _steps(self) -> Generator[Item | ToolEvent, None, None]:
        self._begin()
        try:
            while self._final is None:
                calls, reply = self._waiting(), None
                if calls is None:
                    reply = yield from self._ask()
                    calls = self._took(reply)
                if self._final is None:
                    told: dict[int, dict[str, Any]] = {}
                    for call in calls:
                        yield call.event("tool.start")
                    for place, outcome in self._outcomes(calls):
                        told[place], event = self._told(calls[place], reply, outcome)
                        yield event
                    self._tell(reply, [told[place] for place in range(len(calls))])
        finally:
            self._end()

    def _ask(self) -> Generator[Item, None, Final]:
        asked = self._asked()
        if not self._streams:
            return result_of(self._kind, run_blocking(self._sender.call(self._endpoint, asked)))
        native = run_blocking(self._sender.stream(self._endpoint, asked))
        with Stream(native, STREAM_EVENT, self._kind, self._view) as stream:
            try:
                yield from stream
            except BaseException as error:
                self._cut(stream, error)
                raise
            return stream._final()

    def _outcomes(self, calls: list[Call]) -> Iterator[tuple[int, Callable[[], Any] | None]]:
        """Run calls; the place of each as it ends, with what gives its result or raises its error."""
        timeout = self._limits[2]
        if len(calls) == 1 and timeout is None and calls[0].run is not None and not calls[0].is_async:
            yield 0, partial(_waited, calls[0].run)
            return
        from concurrent.futures import FIRST_COMPLETED, wait

        running: dict[Future[Any], int] = {}
        for place, call in enumerate(calls):
            if call.run is None:
                yield place, None
            else:
                running[_in_thread(partial(_waited, call.run))] = place
        end = None if timeout is None else time.monotonic() + timeout
        while running:
            done, _ = wait(running, None if end is None else max(0, end - time.monotonic()), FIRST_COMPLETED)
            if not done:
                yield from ((place, None) for place in running.values())
                return
            for future in done:
                yield running.pop(future), future.result


class AsyncToolRunner(Run[Item, Final]):
    """A run of tools: iterate over it with `async for` for the events of every step, or await `until_done()`."""

    _events: AsyncGenerator[Item | ToolEvent, None] | None = None
    #: Ends a run whose loop an exception has left.
    _closing: asyncio.Task[None] | None = None

    def __aiter__(self) -> AsyncIterator[Item | ToolEvent]:
        """Return the events. See `ToolRunner.__iter__`."""
        self._events = self._events or self._steps()
        return AsyncLoop(self, self._events)

    def _exit_loop(self, error: BaseException) -> None:
        """End the run because an exception has left a loop over it."""
        del error
        if getattr(self._events, "ag_frame", None) is None:
            return  # It has ended.
        from asyncio import get_running_loop

        # Without a running loop nothing can be awaited any more.
        with suppress(RuntimeError):
            self._closing = self._closing or get_running_loop().create_task(self._close())

    async def until_done(self) -> Final:
        """Run to the end and return the answer."""
        async for _ in self:
            pass
        return self._ended()

    get_final_completion = get_final_message = until_done

    async def close(self) -> None:
        """End the run."""
        if self._closing is not None:
            await self._closing
        else:
            await self._close()

    async def _close(self) -> None:
        if self._events is not None:
            await self._events.aclose()

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def _steps(self) -> AsyncGenerator[Item | ToolEvent, None]:
        self._begin()
        try:
            while self._final is None:
                calls, reply = self._waiting(), None
                if calls is None:
                    asked = self._asked()
                    if not self._streams:
                        reply = result_of(self._kind, await self._sender.call(self._endpoint, asked))
                    else:
                        native = await self._sender.stream(self._endpoint, asked)
                        async with AsyncStream(native, STREAM_EVENT, self._kind, self._view) as stream:
                            try:
                                async for event in stream:
                                    yield event
                            except BaseException as error:
                                self._cut(stream, error)
                                raise
                            reply = stream._final()
                    calls = self._took(reply)
                if self._final is None:
                    told: dict[int, dict[str, Any]] = {}
                    for call in calls:
                        yield call.event("tool.start")
                    outcomes = self._outcomes(calls)
                    try:
                        async for place, outcome in outcomes:
                            told[place], event = self._told(calls[place], reply, outcome)
                            yield event
                    finally:
                        await outcomes.aclose()
                    self._tell(reply, [told[place] for place in range(len(calls))])
        finally:
            self._end()

    async def _outcomes(self, calls: list[Call]) -> AsyncGenerator[tuple[int, Callable[[], Any] | None], None]:
        """Run calls; the place of each as it ends, with what gives its result or raises its error."""
        import asyncio

        async def one(call: Call) -> Any:
            run: Any = call.run
            value = run() if call.is_async else await asyncio.wrap_future(_in_thread(run))
            return await value if hasattr(value, "__await__") else value

        running: dict[asyncio.Task[Any], int] = {}
        try:
            for place, call in enumerate(calls):
                if call.run is not None:
                    running[asyncio.create_task(one(call))] = place
            for place, call in enumerate(calls):
                if call.run is None:
                    yield place, None
            timeout = self._limits[2]
            end = None if timeout is None else time.monotonic() + timeout
            while running:
                left = None if end is None else max(0, end - time.monotonic())
                done, _ = await asyncio.wait(running, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    for place in running.values():
                        yield place, None
                    return
                for task in done:
                    yield running.pop(task), task.result
        finally:
            for task in running:
                task.cancel()
