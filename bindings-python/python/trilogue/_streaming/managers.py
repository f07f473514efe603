"""Context managers that open a stream and close it at the end of the block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._sender import run_blocking

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .stream import AsyncStream, Stream

    Opened = TypeVar("Opened", bound=Stream[Any, Any])
    AsyncOpened = TypeVar("AsyncOpened", bound=AsyncStream[Any, Any])
else:
    Opened, AsyncOpened = TypeVar("Opened"), TypeVar("AsyncOpened")


class StreamManager(Generic[Opened]):
    """Opens a stream at `with`, and closes it after."""

    _stream: Opened

    def __init__(self, opening: Callable[[], Coroutine[Any, Any, Opened]]) -> None:
        self._opening = opening

    def __enter__(self) -> Opened:
        self._stream = run_blocking(self._opening())
        return self._stream

    def __exit__(self, *_: object) -> None:
        self._stream.close()


class AsyncStreamManager(Generic[AsyncOpened]):
    """Opens a stream at `async with`, and closes it after."""

    _stream: AsyncOpened

    def __init__(self, opening: Callable[[], Coroutine[Any, Any, AsyncOpened]]) -> None:
        self._opening = opening

    async def __aenter__(self) -> AsyncOpened:
        self._stream = await self._opening()
        return self._stream

    async def __aexit__(self, *_: object) -> None:
        await self._stream.close()
