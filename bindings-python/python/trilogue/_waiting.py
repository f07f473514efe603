"""Waiting for the native side from asyncio.

Law: one future a wait, settled from the native thread; a cancelled wait gives the native work up.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from typing import Any

    from ._native import Task


async def deliver_to_loop(start: Callable[..., Task], *arguments: Any) -> Any:
    """Call `start(*arguments, deliver)` and wait for what it delivers."""
    import asyncio

    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def deliver(result: Any, error: BaseException | None) -> None:
        loop.call_soon_threadsafe(_settle, future, result, error)

    task = start(*arguments, deliver)
    try:
        return await future
    except asyncio.CancelledError:
        task.cancel()
        raise


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
