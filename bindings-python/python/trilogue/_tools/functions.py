"""Runs functions: in a daemon thread, and until the coroutine that they return has ended."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def run_in_thread(function: Callable[[], Any]) -> Future[Any]:
    """Run a function in a daemon thread, which the process doesn't wait for at its exit."""
    import contextvars
    import threading

    future: Future[Any] = Future()
    context = contextvars.copy_context()

    def run() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = context.run(function)
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name="trilogue tool", daemon=True).start()
    return future


def run_to_end(function: Callable[[], Any]) -> Any:
    """Run a function, and wait for its result if it is asynchronous."""
    value = function()
    if not hasattr(value, "__await__"):
        return value
    import asyncio

    async def awaited() -> Any:
        return await value

    return asyncio.run(awaited())
