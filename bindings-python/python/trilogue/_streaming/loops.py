"""Iterators of `async for` loops over streams.

An exception that leaves a loop closes its stream. Each loop has an iterator that nothing else refers to, so that the iterator's guard is
dropped, and notices the exception, when the loop ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._native import LoopGuard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterator

    from .stream import AsyncStream

T = TypeVar("T")


class AsyncItems(Generic[T]):
    """The iterator of a loop over the items of a stream."""

    __slots__ = ("_guard", "_stream")

    def __init__(self, stream: AsyncStream[Any, Any]) -> None:
        self._stream = stream
        self._guard = LoopGuard(stream)

    def __aiter__(self) -> AsyncIterator[T]:
        return AsyncItems(self._stream)

    async def __anext__(self) -> T:
        stream = self._stream
        while True:
            for item in stream._items:
                return item  # type: ignore[no-any-return]
            if stream._done:
                raise StopAsyncIteration
            await stream._step()


class AsyncTexts:
    """The iterator of a loop over the texts of a stream."""

    __slots__ = ("_guard", "_items", "_stream", "_texts")

    def __init__(self, stream: AsyncStream[Any, Any]) -> None:
        self._stream = stream
        self._guard = LoopGuard(stream)
        self._items: object = None
        self._texts: Iterator[str] = iter(())

    def __aiter__(self) -> AsyncIterator[str]:
        return AsyncTexts(self._stream)

    async def __anext__(self) -> str:
        stream = self._stream
        while True:
            if self._items is not stream._items:
                self._items, self._texts = stream._items, stream._texts()
            for text in self._texts:
                return text
            if stream._done:
                raise StopAsyncIteration
            await stream._step()


class AsyncLoop(Generic[T]):
    """The iterator of a loop over an asynchronous generator of a stream or a run."""

    __slots__ = ("_guard", "_reader", "_source")

    def __init__(self, reader: object, source: AsyncIterator[T]) -> None:
        self._reader = reader
        self._source = source
        self._guard = LoopGuard(reader)

    def __aiter__(self) -> AsyncIterator[T]:
        return AsyncLoop(self._reader, self._source)

    def __anext__(self) -> Awaitable[T]:
        return self._source.__anext__()
