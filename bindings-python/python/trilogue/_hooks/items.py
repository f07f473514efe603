"""The hook for the items of streams: each item is passed to `on_event` just before the program gets it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._native import NativeStream
    from .._streaming.stream import AsyncStream, Stream
    from .requests import EventHook


class ItemHook:
    """The hook for the items of a stream."""

    def __init__(self, hook: EventHook, *, is_async: bool) -> None:
        self._hook = hook
        self._is_async = is_async

    def run(self, item: object) -> Any:
        """Call the hook. Returns its result: what has to be awaited, if the hook is asynchronous."""
        return call_hook("on_event", self._hook, item, is_async=self._is_async)

    async def run_async(self, item: object) -> None:
        """Call the hook and wait for it."""
        result = self.run(item)
        if hasattr(result, "__await__"):
            await result


class HookedStream:
    """A native stream with a hook for its items. It reads nothing: the streams over it deliver the items."""

    def __init__(self, native: NativeStream, hook: ItemHook) -> None:
        #: The stream without the hook.
        self.native = native
        self.hook = hook

    def __getattr__(self, name: str) -> Any:
        return getattr(self.native, name)

    def begin_delivery(self) -> Delivery:
        """Return what delivers the items to one reader."""
        return Delivery(self.hook)


class Delivery:
    """Delivers the items of a stream one by one, each after the hook was called with it."""

    def __init__(self, hook: ItemHook) -> None:
        self._hook = hook
        self._items: deque[Any] = deque()
        #: Whether the items are the last ones.
        self._are_last = False

    def step(self, stream: Stream[Any, Any]) -> None:
        """Set the next item of a stream, or none if a batch was empty."""
        if not self._items:
            stream._read_batch()
            self._load(stream)
        if self._items:
            try:
                self._hook.run(self._items[0])
            except Exception as error:
                self._refuse(stream, error)
                raise
            # The hook may have closed the stream.
            if self._items:
                self._pass_on(stream)

    async def step_async(self, stream: AsyncStream[Any, Any]) -> None:
        """Set the next item of a stream. A wait for the hook that is cancelled loses no item."""
        if not self._items:
            await stream._read_batch()
            self._load(stream)
        if self._items:
            try:
                await self._hook.run_async(self._items[0])
            except Exception as error:
                self._refuse(stream, error)
                raise
            # The hook, or the program meanwhile, may have closed the stream.
            if self._items:
                self._pass_on(stream)

    def drop(self) -> None:
        """Drop the items that were not delivered."""
        self._items.clear()

    def _load(self, stream: Any) -> None:
        self._items.extend(stream._items)
        self._are_last = stream._done
        stream._items, stream._done = iter(()), stream._done and not self._items

    def _pass_on(self, stream: Any) -> None:
        stream._items = iter((self._items.popleft(),))
        stream._done = self._are_last and not self._items

    @staticmethod
    def _refuse(stream: Any, error: Exception) -> None:
        """Close a stream whose hook has raised."""
        stream._abandon(f"the stream was closed when on_event raised {type(error).__name__}")


def call_hook(name: str, hook: Callable[[Any], Any], argument: object, *, is_async: bool) -> Any:
    """Call a hook. Returns its result, or what has to be awaited."""
    result = hook(argument)
    if not is_async and hasattr(result, "__await__"):
        if hasattr(result, "close"):
            # Python warns of a coroutine that is never awaited.
            result.close()
        raise needs_async(name)
    return result


def needs_async(name: str) -> TypeError:
    """Return the error of an asynchronous hook of a `Client`."""
    return TypeError(f"{name} is asynchronous, which Client can't wait for: use AsyncClient, or pass a def function")
