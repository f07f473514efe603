"""Waiting for the native side from asyncio.

Law: one wake-up of a loop for all that became ready meanwhile, however many of its tasks wait. A cancelled wait gives the native work up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ._native import Mailbox

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from ._native import NativeStream, Task


class _Desk:
    """Where the tasks of one loop wait."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._last = 0
        self._future = loop.create_future
        try:
            self.mailbox = Mailbox()
            loop.add_reader(self.mailbox.fileno(), self._hand_out)
        except (NotImplementedError, OSError):
            # Windows' default loop watches no files.
            self.mailbox = Mailbox(lambda: loop.call_soon_threadsafe(self._hand_out))

    def _hand_out(self) -> None:
        """Wake those whose numbers are in the mailbox."""
        waiting = self._waiting
        for number in self.mailbox.take():
            future = waiting.pop(number, None)
            if future is not None and not future.done():
                future.set_result(None)

    def number(self) -> tuple[int, asyncio.Future[None]]:
        """Return a new number, and what is settled once it is in the mailbox."""
        self._last = number = self._last + 1
        self._waiting[number] = future = self._future()
        return number, future

    def forget(self, number: int) -> None:
        """Wait no more for a number."""
        self._waiting.pop(number, None)


_desks: WeakKeyDictionary[asyncio.AbstractEventLoop, _Desk] = WeakKeyDictionary()


def _desk() -> _Desk:
    """Return the running loop's desk."""
    from asyncio import get_running_loop

    loop = get_running_loop()
    desk = _desks.get(loop)
    if desk is None:
        desk = _desks[loop] = _Desk(loop)
    return desk


async def finished(start: Callable[..., Task], *arguments: Any) -> Any:
    """Call `start(*arguments, mailbox, number)` and wait for the result of the task that it returns."""
    desk = _desk()
    number, future = desk.number()
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
    desk = _desk()
    number, future = desk.number()
    try:
        if not stream.watch(desk.mailbox, number):
            await future
    finally:
        desk.forget(number)
