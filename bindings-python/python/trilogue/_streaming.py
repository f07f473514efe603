"""Streams of chunks, for `for` and for `async for`.

Law: hands out what the native stream brings, a batch a crossing, and closes it at the end of its `with`, at `close()`, and when it
is collected. Decides nothing about what the chunks mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._waiting import deliver_to_loop
from .types import ChatCompletion, ChatCompletionChunk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import TracebackType

    from typing_extensions import Self

    from ._native import NativeStream


class _Base:
    """What both kinds of stream share."""

    def __init__(self, native: NativeStream) -> None:
        self._native = native
        self._chunks: Iterator[dict[str, Any]] = iter(())
        self._done = False

    def _take(self, batch: tuple[list[dict[str, Any]], bool] | None) -> None:
        """Make a batch the one that is handed out from."""
        items, self._done = batch if batch is not None else ([], True)
        self._chunks = iter(items)

    @property
    def status_code(self) -> int:
        """HTTP status of the answer."""
        return self._native.status

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the answer, their names in lower case."""
        return dict(self._native.headers)

    @property
    def retries_taken(self) -> int:
        """How often the request was sent again before the stream opened."""
        return self._native.retries_taken

    @property
    def current_completion_snapshot(self) -> ChatCompletion | None:
        """What was accumulated so far; `None` before anything came."""
        snapshot = self._native.snapshot()
        return None if snapshot is None else ChatCompletion(snapshot)

    def _final(self) -> ChatCompletion:
        completion = self.current_completion_snapshot
        if completion is None:
            message = "the stream was closed before anything came"
            raise RuntimeError(message)
        return completion


class Stream(_Base):
    """A streamed answer: iterate over its chunks."""

    def __iter__(self) -> Iterator[ChatCompletionChunk]:
        return self

    def __next__(self) -> ChatCompletionChunk:
        while True:
            for chunk in self._chunks:
                return ChatCompletionChunk(chunk)
            if self._done:
                raise StopIteration
            self._take(self._native.next_batch())

    @property
    def text_stream(self) -> Iterator[str]:
        """The texts of the first choice alone, as they come."""
        return (chunk.text for chunk in self if chunk.text)

    def get_final_completion(self) -> ChatCompletion:
        """Read the stream to its end and return what it adds up to."""
        for _ in self:
            pass
        return self._final()

    def close(self) -> None:
        """Close the connection. What was accumulated stays."""
        self._done = True
        self._native.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncStream(_Base):
    """A streamed answer: iterate over its chunks with `async for`."""

    def __aiter__(self) -> AsyncIterator[ChatCompletionChunk]:
        return self

    async def __anext__(self) -> ChatCompletionChunk:
        while True:
            for chunk in self._chunks:
                return ChatCompletionChunk(chunk)
            if self._done:
                raise StopAsyncIteration
            self._take(await deliver_to_loop(self._native.next_batch_async))

    @property
    async def text_stream(self) -> AsyncIterator[str]:
        """The texts of the first choice alone, as they come."""
        async for chunk in self:
            if chunk.text:
                yield chunk.text

    async def get_final_completion(self) -> ChatCompletion:
        """Read the stream to its end and return what it adds up to."""
        async for _ in self:
            pass
        return self._final()

    async def close(self) -> None:
        """Close the connection. What was accumulated stays."""
        self._done = True
        self._native.cancel()

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
