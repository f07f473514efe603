"""Streams of chunks or events, for `for` and for `async for`.

A stream delivers the items of the native stream; all items of a network read cross the language border at once. It is closed at the end of
its `with`, at `close()`, if an exception leaves a loop over it, and when it is garbage-collected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic

from .._generated.types import ChatCompletion
from .._native import Batch, Loop
from .._objects.kinds import StreamEvent
from .._waiting import take, wait_readable
from .loops import AsyncItems, AsyncTexts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from typing_extensions import Self, TypeVar

    from .._generated.types import NormalEvent
    from .._hooks.items import Delivery
    from .._native import NativeStream
    from .._objects.model import Model
    from .._objects.response import Response

    # The items of a stream, and the result that they accumulate to. `Stream[ChatCompletionChunk]` is enough in an annotation.
    Item = TypeVar("Item", bound=Model)
    Final = TypeVar("Final", bound=Model, default=Any)
else:
    from typing import TypeVar

    Item, Final = TypeVar("Item"), TypeVar("Final")

#: The class of events. The `type` of an event determines its own class.
STREAM_EVENT: Any = StreamEvent

#: The number of batches that an asynchronous stream takes before other tasks of the loop run.
_BATCHES_PER_TURN = 16


class _Base(Generic[Item, Final]):
    """Members that both kinds of stream share."""

    if not TYPE_CHECKING:

        def __class_getitem__(cls, kinds: Any) -> Any:
            """Accept one type argument for two, as type checkers do."""
            return super().__class_getitem__(kinds if isinstance(kinds, tuple) else (kinds, Any))

    def __init__(self, native: NativeStream, item: type[Item], final: type[Final], view: str | None = None) -> None:
        self._native = native
        self._kinds = (item, final)
        self._make: Callable[[dict[str, Any]], Item] = item
        self._view = view
        self._items: Iterator[Any] = iter(())
        self._done = False
        self._taken = 0
        # The stream of a client with a hook for its items delivers them one by one.
        begin: Callable[[], Delivery] | None = getattr(native, "begin_delivery", None)
        self._delivery = None if begin is None else begin()

    def _take(self, batch: Batch | None) -> None:
        """Set the batch whose items are delivered next."""
        if batch is None:
            self._items, self._done = iter(()), True
        else:
            self._items, self._done = batch, batch.done

    def _texts(self) -> Iterator[str]:
        """Return the texts of the current batch."""
        items: Any = self._items
        return items.texts() if type(items) is Batch else filter(None, map(_text, items))

    def _exit_loop(self, error: BaseException) -> None:
        """Close the stream because an exception has left a loop over it."""
        if not self._done:
            self._abandon(
                f"the stream was closed when {type(error).__name__} left the loop that read it; "
                "to cancel a wait and continue later, use next(stream) or anext(stream)"
            )

    def _abandon(self, message: str) -> None:
        """Close the stream. Further reads raise an error with this message."""
        self._items = iter(())
        if self._delivery is not None:
            self._delivery.drop()
        self._native.abandon(message)

    def _close(self) -> None:
        self._done = True
        self._items = iter(())
        if self._delivery is not None:
            self._delivery.drop()
        self._native.cancel()

    @property
    def status_code(self) -> int:
        """HTTP status of the response."""
        return self._native.status

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the response, with lower-case names."""
        return dict(self._native.headers)

    @property
    def request_id(self) -> str | None:
        """The provider's id of the request."""
        return self.response.request_id

    @property
    def response(self) -> Response:
        """Status and headers of the response, as errors have them."""
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
        """The result accumulated so far; `None` before the first item."""
        return self._snapshot()

    current_message_snapshot = current_completion_snapshot

    def _final(self) -> Final:
        final = self._snapshot()
        if final is None:
            message = "the stream was closed before its first item"
            raise RuntimeError(message)
        return final


def _text(item: Any) -> str:
    """Return the text that an item or an event adds to the first choice, or to the message."""
    if not isinstance(item, StreamEvent):
        text: str = item.text
        return text
    return "" if getattr(item, "choice", 0) else item.text_delta


def final_text(final: Any) -> str:
    """Return the text of a completion or a message."""
    if isinstance(final, ChatCompletion):
        return (final.choices[0].message.content or "") if final.choices else ""
    text: str = final.text
    return text


class Stream(_Base[Item, Final]):
    """A streamed answer: iterate over its chunks or events."""

    def __iter__(self) -> Iterator[Item]:
        return Loop(self, self._items, continues=True)

    def __next__(self) -> Item:
        while True:
            for item in self._items:
                return item  # type: ignore[no-any-return]
            if self._done:
                raise StopIteration
            self._wait()

    def _wait(self) -> None:
        """Wait for the next batch; with a hook, for the next item."""
        if self._delivery is None:
            self._read_batch()
        else:
            self._delivery.step(self)

    def _read_batch(self) -> None:
        """Read the next batch."""
        self._take(take(self._native, self._make, self._view))

    def _more(self, items: object) -> Iterator[Item] | None:
        """Return the items that follow `items`; `None` at the end."""
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
        return Stream(self._native, STREAM_EVENT, self._kinds[1], "normal")

    @property
    def text_stream(self) -> Iterator[str]:
        """The texts of the first choice, or of the message."""
        return Loop(self, self._items, continues=True, text_of=_text)

    def until_done(self) -> None:
        """Read the stream to its end."""
        for _ in self:
            pass

    def get_final_completion(self) -> Final:
        """Read the stream to its end and return the accumulated result."""
        self.until_done()
        return self._final()

    get_final_message = get_final_completion

    def get_final_text(self) -> str:
        """Read the stream to its end and return its text."""
        return final_text(self.get_final_completion())

    def close(self) -> None:
        """Close the connection. The accumulated result stays."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()


class AsyncStream(_Base[Item, Final]):
    """A streamed answer: iterate over its chunks or events with `async for`."""

    def __aiter__(self) -> AsyncIterator[Item]:
        return AsyncItems(self)

    async def __anext__(self) -> Item:
        while True:
            for item in self._items:
                return item  # type: ignore[no-any-return]
            if self._done:
                raise StopAsyncIteration
            await self._wait()

    def _wait(self) -> Coroutine[Any, Any, None]:
        """Wait for the next batch; with a hook, for the next item."""
        return self._read_batch() if self._delivery is None else self._delivery.step_async(self)

    async def _read_batch(self) -> None:
        """Read the next batch."""
        # A batch that was read already is taken without a turn of the loop, but other tasks have to run now and then.
        self._taken += 1
        if self._taken > _BATCHES_PER_TURN:
            self._taken = 0
            await _yield_to_loop()
        native = self._native
        while (batch := native.try_take(self._make, self._view)) is False:
            self._taken = 0
            await wait_readable(native)
        self._take(batch)

    async def _step(self) -> None:
        """Wait for the next batch in a loop, which closes the stream if its wait fails or is cancelled."""
        try:
            await self._wait()
        except BaseException as error:
            self._exit_loop(error)
            raise

    @property
    def events(self) -> AsyncStream[NormalEvent, Final]:
        """The same stream as events that do not depend on the format. See `Stream.events`."""
        return AsyncStream(self._native, STREAM_EVENT, self._kinds[1], "normal")

    @property
    def text_stream(self) -> AsyncIterator[str]:
        """The texts of the first choice, or of the message."""
        return AsyncTexts(self)

    async def until_done(self) -> None:
        """Read the stream to its end."""
        async for _ in self:
            pass

    async def get_final_completion(self) -> Final:
        """Read the stream to its end and return the accumulated result."""
        await self.until_done()
        return self._final()

    get_final_message = get_final_completion

    async def get_final_text(self) -> str:
        """Read the stream to its end and return its text."""
        return final_text(await self.get_final_completion())

    async def close(self) -> None:
        """Close the connection. The accumulated result stays."""
        self._close()

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._close()


async def _yield_to_loop() -> None:
    """Let other tasks of the loop run."""
    from asyncio import sleep

    await sleep(0)
