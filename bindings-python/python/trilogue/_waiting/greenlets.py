"""Waits in greenlets, if gevent or eventlet has replaced `socket`.

A wait in Rust would block every greenlet of its thread. These waits watch the file of a mailbox instead, as an event loop does, and the hub
runs other greenlets meanwhile.
"""

from __future__ import annotations

import os
import sys

from .._native import Mailbox

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._native import Batch, BatchRun, NativeStream, Task

    #: Waits until a file can be read, and lets other greenlets run.
    _WaitRead = Callable[[int], object]


def wait_read() -> _WaitRead | None:
    """Return the function with which this greenlet waits; `None` if nothing was replaced, and in the hub, which can only block."""
    if os.name != "posix":
        return None
    # Neither library is a dependency, and one that isn't imported has replaced nothing.
    gevent_patches: Any = sys.modules.get("gevent.monkey")
    if gevent_patches is not None and gevent_patches.is_module_patched("socket"):
        return _gevent_wait()
    eventlet_patches: Any = sys.modules.get("eventlet.patcher")
    if eventlet_patches is not None and eventlet_patches.is_monkey_patched("socket"):
        return _eventlet_wait()
    return None


def _gevent_wait() -> _WaitRead | None:
    from importlib import import_module

    gevent: Any = import_module("gevent")
    wait: _WaitRead = import_module("gevent.socket").wait_read
    return None if gevent.getcurrent() is gevent.get_hub() else wait


def _eventlet_wait() -> _WaitRead | None:
    from importlib import import_module

    hubs: Any = import_module("eventlet.hubs")
    current = import_module("greenlet").getcurrent()
    return None if current is hubs.get_hub().greenlet else lambda file: hubs.trampoline(file, read=True)


def wait_for_task(wait: _WaitRead, start: Callable[..., Task], *arguments: Any) -> Any:
    """Call `start(*arguments, mailbox, number)` and wait for the result of the task that it returns."""
    mailbox = Mailbox()
    task = start(*arguments, mailbox, 1)
    try:
        _wait_for_mail(wait, mailbox)
    except BaseException:
        task.cancel()
        raise
    return task.result()


def take(
    wait: _WaitRead, stream: NativeStream, make: Callable[[dict[str, Any]], Any], view: str | None
) -> Batch | None:
    """Return the next batch, as `stream.take` does."""
    while (batch := stream.try_take(make, view)) is False:
        wait_readable(wait, stream)
    return batch


def wait_readable(wait: _WaitRead, source: NativeStream | BatchRun) -> None:
    """Wait until a stream or a batch has something to take, or has ended."""
    mailbox = Mailbox()
    if not source.watch(mailbox, 1):
        _wait_for_mail(wait, mailbox)


def _wait_for_mail(wait: _WaitRead, mailbox: Mailbox) -> None:
    """Wait until a number is in the mailbox."""
    file = mailbox.fileno()
    while not mailbox.take():
        wait(file)
