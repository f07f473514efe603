"""Waits for the native side: in threads, in greenlets, and in asyncio.

An event loop is woken once for everything that became ready meanwhile, however many of its tasks wait. Cancelling a wait cancels the native
work.
"""

from __future__ import annotations

from sys import modules

from .._native import Mailbox

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from typing import Any
    from weakref import WeakKeyDictionary, ref

    from .._native import Batch, BatchRun, NativeStream, Task


class _LoopWaits:
    """The waits of one event loop. Holds no reference to the loop, and is dropped with it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._last = 0
        try:
            self.mailbox = Mailbox()
            loop.add_reader(self.mailbox.fileno(), self._wake)
        except (NotImplementedError, OSError):
            # Windows' default loop can't watch files.
            from weakref import ref

            loop_ref = ref(loop)
            self.mailbox = Mailbox(lambda: _call_in_loop(loop_ref, self._wake))

    def _wake(self) -> None:
        """Wake the tasks whose numbers are in the mailbox."""
        waiting = self._waiting
        for number in self.mailbox.take():
            future = waiting.pop(number, None)
            if future is not None and not future.done():
                future.set_result(None)

    def add(self, loop: asyncio.AbstractEventLoop) -> tuple[int, asyncio.Future[None]]:
        """Return a new number, and a future that is done once the number is in the mailbox."""
        self._last = number = self._last + 1
        self._waiting[number] = future = loop.create_future()
        return number, future

    def remove(self, number: int) -> None:
        """Stop waiting for a number."""
        self._waiting.pop(number, None)


def _call_in_loop(loop_ref: ref[asyncio.AbstractEventLoop], function: Callable[[], object]) -> None:
    """Call a function in a loop, if the loop still exists."""
    loop = loop_ref()
    if loop is not None:
        loop.call_soon_threadsafe(function)


_waits_of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopWaits] | None = None


def _running_loop() -> tuple[_LoopWaits, asyncio.AbstractEventLoop]:
    """Return the waits of the running loop, and the loop."""
    global _waits_of_loops
    from asyncio import get_running_loop

    if _waits_of_loops is None:
        from weakref import WeakKeyDictionary

        _waits_of_loops = WeakKeyDictionary()
    try:
        loop = get_running_loop()
    except RuntimeError:
        raise _no_asyncio() from None
    waits = _waits_of_loops.get(loop)
    if waits is None:
        waits = _waits_of_loops[loop] = _LoopWaits(loop)
    return waits, loop


def _no_asyncio() -> Exception:
    """Return the error of an `AsyncClient` that is used outside asyncio, such as in Trio."""
    from .._generated.errors import InvalidRequestError

    message = (
        "AsyncClient needs a running event loop of asyncio (uvloop's is one), and there is none here: "
        "in Trio use Client within trio.to_thread.run_sync, or run asyncio's loop"
    )
    return InvalidRequestError(message)


def wait_blocking(block: Callable[..., Any], start: Callable[..., Task], *arguments: Any) -> Any:
    """Return `block(*arguments)`; in a greenlet the result of the task that `start(*arguments, mailbox, number)` returns."""
    # Both gevent and eventlet import it.
    if "greenlet" in modules:
        from . import greenlets

        wait = greenlets.wait_read()
        if wait is not None:
            return greenlets.wait_for_task(wait, start, *arguments)
    return block(*arguments)


def take(stream: NativeStream, make: Callable[[dict[str, Any]], Any], view: str | None) -> Batch | None:
    """Wait for the next batch of a stream. `None` after the end."""
    if "greenlet" in modules:
        from . import greenlets

        wait = greenlets.wait_read()
        if wait is not None:
            return greenlets.take(wait, stream, make, view)
    return stream.take(make, view)


async def wait_for_task(start: Callable[..., Task], *arguments: Any) -> Any:
    """Call `start(*arguments, mailbox, number)` and wait for the result of the task that it returns."""
    waits, loop = _running_loop()
    number, future = waits.add(loop)
    try:
        task = start(*arguments, waits.mailbox, number)
        try:
            await future
        except BaseException:
            task.cancel()
            raise
        return task.result()
    finally:
        waits.remove(number)


async def wait_readable(source: NativeStream | BatchRun) -> None:
    """Wait until a stream or a batch has something to take, or has ended."""
    waits, loop = _running_loop()
    number, future = waits.add(loop)
    try:
        if not source.watch(waits.mailbox, number):
            await future
    finally:
        waits.remove(number)
