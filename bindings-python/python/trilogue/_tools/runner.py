"""Tool runs with either client: requests, calls of functions, results, until the model answers.

A function runs in a thread of its own if several are called, or if there is a time limit. A thread can't be stopped: one that exceeds the limit
continues in the background, and its result is ignored.
"""

from __future__ import annotations

import time
from contextlib import aclosing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._native import Loop
from .._sender import result_of, run_blocking
from .._streaming.loops import AsyncLoop
from .._streaming.stream import STREAM_EVENT, AsyncStream, Item
from .._waiting import take
from .functions import run_in_thread, run_to_end
from .run import REPLIES, BaseRun, BoundCall

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable, Iterator
    from concurrent.futures import Future
    from typing import Literal

    from typing_extensions import Self

    from .._generated.types import ChatCompletion, Message, ToolEvent
    from .._sender import Sender

    OnToolError = Literal["return", "raise"]
    #: The index of a call, and a function that returns its result or raises its error; `None` if there is no result.
    Result = tuple[int, Callable[[], Any] | None]

#: `ChatCompletion` or `Message`.
Final = TypeVar("Final", bound="ChatCompletion | Message")


class _Runner(Generic[Item, Final]):
    """Members that both runners share."""

    #: The class of streams, whose waits suspend or block.
    _stream_class: type[AsyncStream[Any, Any]] = AsyncStream

    def __init__(self, sender: Sender, run: BaseRun, *, view: str = "helper", streams: bool = True) -> None:
        self._sender = sender
        self._run = run
        #: The events of the streams: those of `.stream()`, or `normal` ones.
        self._view = view
        self._streams = streams

    @property
    def messages(self) -> list[Any]:
        """The messages so far: those of the request, the model's turns, the results of its calls."""
        return self._run.messages

    @property
    def usage(self) -> list[Any]:
        """The tokens of each step, if the server reported them."""
        return self._run.usage

    def _final(self) -> Final:
        if not self._run.is_done:
            message = "the run ended before the model answered"
            raise RuntimeError(message)
        final: Final = self._run.reply
        return final

    async def _batches(self) -> AsyncGenerator[Iterable[Item | ToolEvent], None]:
        """Run to the end, and yield the events in batches. With a `BlockingSender` this never suspends."""
        run = self._run
        run.begin()
        try:
            while not run.is_done:
                step = run.next_step()
                if step["next"] == "request":
                    endpoint, request = step["endpoint"], step["request"]
                    kind = REPLIES[endpoint]
                    if self._streams:
                        native = await self._sender.stream(endpoint, request, run.trace)
                        stream = self._stream_class(native, STREAM_EVENT, kind, self._view)
                        try:
                            while not stream._done:
                                await stream._step()
                                yield stream._items
                        except BaseException as error:
                            run.keep_partial(stream, error)
                            raise
                        finally:
                            stream._close()
                        reply = stream._final()
                    else:
                        reply = result_of(kind, await self._sender.call(endpoint, request, run.trace))
                    step = run.take(reply)
                yield map(STREAM_EVENT, step["events"])
                calls = [run.bind(call) for call in step["calls"]]
                outcomes: dict[int, Any] = {}
                async with aclosing(self._results(calls)) as results:
                    async for number, result in results:
                        outcomes[number], event = run.finish(calls[number], result)
                        yield [event]
                run.answer([outcomes[number] for number in range(len(calls))])
        finally:
            run.end()

    def _results(self, calls: list[BoundCall]) -> AsyncGenerator[Result, None]:
        """Run calls, and return the result of each as it ends."""
        raise NotImplementedError


class _BlockingStream(AsyncStream[Item, Any]):
    """A stream whose waits block the thread."""

    async def _read_batch(self) -> None:
        self._take(take(self._native, self._make, self._view))


class ToolRunner(_Runner[Item, Final]):
    """A tool run: iterate over it for the events of every step, or call `until_done()`."""

    _stream_class = _BlockingStream
    _events: Generator[Item | ToolEvent, None, None] | None = None

    def __iter__(self) -> Iterator[Item | ToolEvent]:
        """Return the events: those of `.stream()`, and `tool.start` and `tool.done` around each call.

        Both have the `id`, `name` and `arguments` of the call; `tool.done` has `result` or `error`, the text that the model receives.
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
        return self._final()

    get_final_completion = get_final_message = until_done

    def close(self) -> None:
        """End the run."""
        if self._events is not None:
            self._events.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _steps(self) -> Generator[Item | ToolEvent, None, None]:
        batches = self._batches()
        try:
            while (batch := run_blocking(anext(batches, None))) is not None:
                yield from batch
        finally:
            run_blocking(batches.aclose())

    async def _results(self, calls: list[BoundCall]) -> AsyncGenerator[Result, None]:
        timeout = self._run.timeout
        if len(calls) == 1 and timeout is None and calls[0].function is not None and not calls[0].is_async:
            yield 0, partial(run_to_end, calls[0].function)
            return
        from concurrent.futures import FIRST_COMPLETED, wait

        running: dict[Future[Any], int] = {}
        for number, call in enumerate(calls):
            if call.function is None:
                yield number, None
            else:
                running[run_in_thread(partial(run_to_end, call.function))] = number
        end = None if timeout is None else time.monotonic() + timeout
        while running:
            done, _ = wait(running, None if end is None else max(0, end - time.monotonic()), FIRST_COMPLETED)
            if not done:
                for number in running.values():
                    yield number, None
                return
            for future in done:
                yield running.pop(future), future.result


class AsyncToolRunner(_Runner[Item, Final]):
    """A tool run: iterate over it with `async for` for the events of every step, or await `until_done()`."""

    _events: AsyncGenerator[Item | ToolEvent, None] | None = None
    #: Ends the run after an exception has left a loop over it.
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

        # Without a running loop nothing can be awaited.
        with suppress(RuntimeError):
            self._closing = self._closing or get_running_loop().create_task(self._close())

    async def until_done(self) -> Final:
        """Run to the end and return the answer."""
        async for _ in self:
            pass
        return self._final()

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

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _steps(self) -> AsyncGenerator[Item | ToolEvent, None]:
        async with aclosing(self._batches()) as batches:
            async for batch in batches:
                for event in batch:
                    yield event

    async def _results(self, calls: list[BoundCall]) -> AsyncGenerator[Result, None]:
        import asyncio

        async def result_of_call(call: BoundCall) -> Any:
            function: Any = call.function
            value = function() if call.is_async else await asyncio.wrap_future(run_in_thread(function))
            return await value if hasattr(value, "__await__") else value

        running: dict[asyncio.Task[Any], int] = {}
        try:
            for number, call in enumerate(calls):
                if call.function is not None:
                    running[asyncio.create_task(result_of_call(call))] = number
            for number, call in enumerate(calls):
                if call.function is None:
                    yield number, None
            timeout = self._run.timeout
            end = None if timeout is None else time.monotonic() + timeout
            while running:
                left = None if end is None else max(0, end - time.monotonic())
                done, _ = await asyncio.wait(running, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    for number in running.values():
                        yield number, None
                    return
                for task in done:
                    yield running.pop(task), task.result
        finally:
            for task in running:
                task.cancel()
