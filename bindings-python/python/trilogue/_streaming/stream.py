"""Streams of chunks or events, for `for` and for `async for`.

Hands out what the native stream brings, a batch a crossing. A stream is closed at the end of its `with`, at `close()`, when an exception
leaves a loop over it, and when it is collected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic

from .._generated.types import ChatCompletion, ChatCompletionChunk, Message, MessageEvent
from .._native import Batch, Loop, LoopGuard
from .._objects.kinds import StreamEvent
from .._waiting import readable, take

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from types import TracebackType

    from typing_extensions import Self, TypeVar

    from .._generated.types import NormalEvent
    from .._native import NativeStream
    from .._objects.model import Model
    from .._objects.response import Response

    # What a stream hands out, and what it adds up to: `Stream[ChatCompletionChunk]` says enough.
    Item = TypeVar("Item", bound=Model)
    Final = TypeVar("Final", bound=Model, default=Any)
else:
    from typing import TypeVar

    Item, Final = TypeVar("Item"), TypeVar("Final")

T = TypeVar("T")

#: Its `type` tells its class.
_STREAM_EVENT: Any = StreamEvent
_event_kinds = StreamEvent._kinds
#: The same of a message's events.
_MESSAGE_EVENT: Any = MessageEvent

#: Batches that an asynchronous stream takes without a turn of the loop.
_PATIENCE = 16


def _event(fields: dict[str, Any]) -> Any:
    """Make an event of its fields."""
    return _event_kinds.get(fields["type"], StreamEvent)(fields)


class _Base(Generic[Item, Final]):
    """What both kinds of stream share."""

    if not TYPE_CHECKING:

        def __class_getitem__(cls, kinds: Any) -> Any:
            """Take one kind for two, as type checkers do."""
            return super().__class_getitem__(kinds if isinstance(kinds, tuple) else (kinds, Any))

    def __init__(self, native: NativeStream, item: type[Item], final: type[Final], view: str | None = None) -> None:
        self._native = native
        self._kinds = (item, final)
        self._make: Callable[[dict[str, Any]], Item] = item if view is None else _event
        self._view = view
        self._items: Iterator[Any] = iter(())
        self._done = False
        self._hurried = 0

    def _take(self, batch: Batch | None) -> None:
        """Make a batch the one that is handed out from."""
        if batch is None:
            self._items, self._done = iter(()), True
        else:
            self._items, self._done = batch, batch.done

    def _texts(self) -> Iterator[str]:
        """Return the texts of what was taken."""
        items: Any = self._items
        return items.texts() if type(items) is Batch else filter(None, map(_text, items))

    def _exit_loop(self, error: BaseException) -> None:
        """Close the stream because an exception has left a loop over it."""
        if not self._done:
            self._items = iter(())
            self._native.abandon(
                f"the stream was closed when {type(error).__name__} left the loop that read it; "
                "a wait in next(stream) or anext(stream) can be given up and repeated"
            )

    @property
    def status_code(self) -> int:
        """HTTP status of the answer."""
        return self._native.status

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the answer, their names in lower case."""
        return dict(self._native.headers)

    @property
    def request_id(self) -> str | None:
        """The provider's id of the request."""
        return self.headers.get("x-request-id") or self.headers.get("request-id")

    @property
    def response(self) -> Response:
        """Status and headers of the answer, as errors have them."""
        from .._objects.response import Headers, Response

        return Response(self.status_code, Headers(self.headers))

    @property
    def retries_taken(self) -> int:
        """How often the request was sent again before the stream opened."""
        return self._native.retries_taken

    def _snapshot(self) -> Final | None:
        snapshot = self._native.snapshot()
        return None if snapshot is None else self._kinds[1](snapshot)

    @property
    def current_completion_snapshot(self) -> Final | None:
        """What was accumulated so far; `None` before anything came."""
        return self._snapshot()

    @property
    def current_message_snapshot(self) -> Final | None:
        """What was accumulated so far; `None` before anything came."""
        return self._snapshot()

    def _final(self) -> Final:
        final = self._snapshot()
        if final is None:
            message = "the stream was closed before anything came"
            raise RuntimeError(message)
        return final


def _text(item: Any) -> str:
    """Return the text that an item or an event adds to the first choice, or to the message."""
    if not isinstance(item, StreamEvent):
        text: str = item.text
        return text
    return "" if getattr(item, "choice", 0) else item.text_delta


async def _turn() -> None:
    """Let others of the loop have their turn."""
    from asyncio import sleep

    await sleep(0)


def _final_text(final: Any) -> str:
    """Return the text of a completion or a message."""
    if isinstance(final, ChatCompletion):
        return (final.choices[0].message.content or "") if final.choices else ""
    text: str = final.text
    return text


class Stream(_Base[Item, Final]):
    """A streamed answer: iterate over its chunks or events."""

    def __iter__(self) -> Iterator[Item]:
        return Loop(self, self._items, asks=True)

    def __next__(self) -> Item:
        while True:
            for item in self._items:
                return item  # type: ignore[no-any-return]
            if self._done:
                raise StopIteration
            self._wait()

    def _wait(self) -> None:
        """Wait for the next batch."""
        self._take(take(self._native, self._make, self._view))

    def _more(self, items: object) -> Iterator[Item] | None:
        """Return what follows after `items` were handed out; `None` at the end."""
        if self._items is items:
            if self._done:
                return None
            self._wait()
        return self._items

    @property
    def events(self) -> Stream[NormalEvent, Final]:
        """The same stream as events that do not depend on the format.

        Their types: `text`, `reasoning`, `refusal`, `tool_call_start`, `tool_call_arguments`, `tool_call_done`, `usage`, `finish`, `raw`.
        """
        return Stream(self._native, _STREAM_EVENT, self._kinds[1], "normal")

    @property
    def text_stream(self) -> Iterator[str]:
        """The texts alone, as they come: of the first choice, or of the message."""
        return Loop(self, self._items, asks=True, text_of=_text)

    def until_done(self) -> None:
        """Read the stream to its end."""
        for _ in self:
            pass

    def get_final_completion(self) -> Final:
        """Read the stream to its end and return what it adds up to."""
        self.until_done()
        return self._final()

    get_final_message = get_final_completion

    def get_final_text(self) -> str:
        """Read the stream to its end and return its text."""
        return _final_text(self.get_final_completion())

    def close(self) -> None:
        """Close the connection. What was accumulated stays."""
        self._done = True
        self._items = iter(())
        self._native.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncStream(_Base[Item, Final]):
    """A streamed answer: iterate over its chunks or events with `async for`."""

    def __aiter__(self) -> AsyncIterator[Item]:
        return _AsyncItems(self)

    async def __anext__(self) -> Item:
        while True:
            for item in self._items:
                return item  # type: ignore[no-any-return]
            if self._done:
                raise StopAsyncIteration
            await self._wait()

    async def _wait(self) -> None:
        """Wait for the next batch."""
        # What was read already needs no turn of the loop; but now and then others want theirs.
        self._hurried += 1
        if self._hurried > _PATIENCE:
            self._hurried = 0
            await _turn()
        native = self._native
        while (batch := native.try_take(self._make, self._view)) is False:
            self._hurried = 0
            await readable(native)
        self._take(batch)

    async def _step(self) -> None:
        """Wait for the next batch in a loop, which closes the stream when its wait fails or is cancelled."""
        try:
            await self._wait()
        except BaseException as error:
            self._exit_loop(error)
            raise

    @property
    def events(self) -> AsyncStream[NormalEvent, Final]:
        """The same stream as events that do not depend on the format. See `Stream.events`."""
        return AsyncStream(self._native, _STREAM_EVENT, self._kinds[1], "normal")

    @property
    def text_stream(self) -> AsyncIterator[str]:
        """The texts alone, as they come: of the first choice, or of the message."""
        return _AsyncTexts(self)

    async def until_done(self) -> None:
        """Read the stream to its end."""
        async for _ in self:
            pass

    async def get_final_completion(self) -> Final:
        """Read the stream to its end and return what it adds up to."""
        await self.until_done()
        return self._final()

    get_final_message = get_final_completion

    async def get_final_text(self) -> str:
        """Read the stream to its end and return its text."""
        return _final_text(await self.get_final_completion())

    async def close(self) -> None:
        """Close the connection. What was accumulated stays."""
        self._done = True
        self._items = iter(())
        self._native.cancel()

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


class _AsyncItems(Generic[Item]):
    """The iterator of a loop over a stream. A loop over this iterator gets one that only the loop holds, so that its guard is dropped with it."""

    __slots__ = ("_guard", "_stream")

    def __init__(self, stream: AsyncStream[Item, Any]) -> None:
        self._stream = stream
        self._guard = LoopGuard(stream)

    def __aiter__(self) -> AsyncIterator[Item]:
        return _AsyncItems(self._stream)

    async def __anext__(self) -> Item:
        stream = self._stream
        while True:
            for item in stream._items:
                return item  # type: ignore[no-any-return]
            if stream._done:
                raise StopAsyncIteration
            # As `AsyncStream._step`, without a coroutine more for each batch.
            try:
                await stream._wait()
            except BaseException as error:
                stream._exit_loop(error)
                raise


class _AsyncTexts:
    """The iterator of a loop over the texts of a stream."""

    __slots__ = ("_guard", "_items", "_stream", "_texts")

    def __init__(self, stream: AsyncStream[Any, Any]) -> None:
        self._stream = stream
        self._guard = LoopGuard(stream)
        self._items: object = None
        self._texts: Iterator[str] = iter(())

    def __aiter__(self) -> AsyncIterator[str]:
        return _AsyncTexts(self._stream)

    async def __anext__(self) -> str:
        stream = self._stream
        while True:
            if self._items is not stream._items:
                self._items, self._texts = stream._items, stream._texts()
            for text in self._texts:
                return text
            if stream._done:
                raise StopAsyncIteration
            # As `AsyncStream._step`, without a coroutine more for each batch.
            try:
                await stream._wait()
            except BaseException as error:
                stream._exit_loop(error)
                raise


class AsyncLoop(Generic[T]):
    """The iterator of a loop over what an asynchronous generator of a stream or a run yields."""

    __slots__ = ("_guard", "_reader", "_source")

    def __init__(self, reader: object, source: AsyncIterator[T]) -> None:
        self._reader = reader
        self._source = source
        self._guard = LoopGuard(reader)

    def __aiter__(self) -> AsyncIterator[T]:
        return AsyncLoop(self._reader, self._source)

    def __anext__(self) -> Awaitable[T]:
        return self._source.__anext__()


def chat_stream(native: NativeStream) -> Stream[ChatCompletionChunk, ChatCompletion]:
    """Make the stream of a chat completion."""
    return Stream(native, ChatCompletionChunk, ChatCompletion)


def async_chat_stream(native: NativeStream) -> AsyncStream[ChatCompletionChunk, ChatCompletion]:
    """Make the stream of a chat completion."""
    return AsyncStream(native, ChatCompletionChunk, ChatCompletion)


def message_stream(native: NativeStream) -> Stream[MessageEvent, Message]:
    """Make the stream of a message."""
    return Stream(native, _MESSAGE_EVENT, Message)


def async_message_stream(native: NativeStream) -> AsyncStream[MessageEvent, Message]:
    """Make the stream of a message."""
    return AsyncStream(native, _MESSAGE_EVENT, Message)


class StreamManager(Generic[Item, Final]):
    """Opens a stream of events at `with`, and closes it after."""

    def __init__(self, opening: Callable[[], NativeStream], final: type[Final]) -> None:
        self._open = opening
        self._final = final
        self._stream: Stream[Item, Final] | None = None

    def __enter__(self) -> Stream[Item, Final]:
        self._stream = Stream(self._open(), _STREAM_EVENT, self._final, "helper")
        return self._stream

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()


class AsyncStreamManager(Generic[Item, Final]):
    """Opens a stream of events at `async with`, and closes it after."""

    def __init__(self, opening: Callable[[], Any], final: type[Final]) -> None:
        self._open = opening
        self._final = final
        self._stream: AsyncStream[Item, Final] | None = None

    async def __aenter__(self) -> AsyncStream[Item, Final]:
        self._stream = AsyncStream(await self._open(), _STREAM_EVENT, self._final, "helper")
        return self._stream

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._stream is not None:
            await self._stream.close()
