"""Waiting for the native side: in threads, in greenlets, and in asyncio.

An event loop is woken once for all that became ready meanwhile, however many of its tasks wait. A cancelled wait gives the native work up.
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

    from .._native import Batch, NativeStream, Task


class _Desk:
    """Where the tasks of one loop wait. It holds no loop, and goes when its loop does."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._last = 0
        try:
            self.mailbox = Mailbox()
            loop.add_reader(self.mailbox.fileno(), self._hand_out)
        except (NotImplementedError, OSError):
            # Windows' default loop watches no files.
            from weakref import ref

            held = ref(loop)
            self.mailbox = Mailbox(lambda: _call(held, self._hand_out))

    def _hand_out(self) -> None:
        """Wake those whose numbers are in the mailbox."""
        waiting = self._waiting
        for number in self.mailbox.take():
            future = waiting.pop(number, None)
            if future is not None and not future.done():
                future.set_result(None)

    def number(self, loop: asyncio.AbstractEventLoop) -> tuple[int, asyncio.Future[None]]:
        """Return a new number, and what is settled once it is in the mailbox."""
        self._last = number = self._last + 1
        self._waiting[number] = future = loop.create_future()
        return number, future

    def forget(self, number: int) -> None:
        """Wait no more for a number."""
        self._waiting.pop(number, None)


def _call(held: ref[asyncio.AbstractEventLoop], act: Callable[[], object]) -> None:
    """Let a loop that is still there call something."""
    loop = held()
    if loop is not None:
        loop.call_soon_threadsafe(act)


_desks: WeakKeyDictionary[asyncio.AbstractEventLoop, _Desk] | None = None


def _desk() -> tuple[_Desk, asyncio.AbstractEventLoop]:
    """Return the running loop's desk, and the loop."""
    global _desks
    from asyncio import get_running_loop

    if _desks is None:
        from weakref import WeakKeyDictionary

        _desks = WeakKeyDictionary()
    try:
        loop = get_running_loop()
    except RuntimeError:
        raise _no_asyncio() from None
    desk = _desks.get(loop)
    if desk is None:
        desk = _desks[loop] = _Desk(loop)
    return desk, loop


def _no_asyncio() -> Exception:
    """Tell whoever awaits elsewhere, such as in Trio, where it can be awaited."""
    from .._generated.errors import InvalidRequestError

    message = (
        "AsyncClient needs a running event loop of asyncio (uvloop's is one), and there is none here: "
        "in Trio use Client within trio.to_thread.run_sync, or run asyncio's loop"
    )
    return InvalidRequestError(message)


def answered(block: Callable[..., Any], start: Callable[..., Task], *arguments: Any) -> Any:
    """Return what `block(*arguments)` does, or in a greenlet the result of the task that `start(*arguments, mailbox, number)` returns."""
    # Both gevent and eventlet load it.
    if "greenlet" in modules:
        from . import greenlets

        wait = greenlets.wait_read()
        if wait is not None:
            return greenlets.finished(wait, start, *arguments)
    return block(*arguments)


def take(stream: NativeStream, make: Callable[[dict[str, Any]], Any], view: str | None) -> Batch | None:
    """Wait until a stream has something to take, and take it. `None` after the end."""
    if "greenlet" in modules:
        from . import greenlets

        wait = greenlets.wait_read()
        if wait is not None:
            return greenlets.take(wait, stream, make, view)
    return stream.take(make, view)


async def finished(start: Callable[..., Task], *arguments: Any) -> Any:
    """Call `start(*arguments, mailbox, number)` and wait for the result of the task that it returns."""
    desk, loop = _desk()
    number, future = desk.number(loop)
    try:
        task = start(*arguments, desk.mailbox, number)
        try:
            await future
        except BaseException:
            task.cancel()
            raise
        return task.result()
    finally:
        desk.forget(number)


async def readable(stream: NativeStream) -> None:
    """Wait until a stream has something to take."""
    desk, loop = _desk()
    number, future = desk.number(loop)
    try:
        if not stream.watch(desk.mailbox, number):
            await future
    finally:
        desk.forget(number)
