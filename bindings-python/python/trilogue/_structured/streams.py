"""Streams of answers that are instances of a type: the value as it grows, its items as they complete, the instance at the end.

The extension module grows the value. The instance is created once, from the whole answer.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .._native import Loop
from .._objects.model import deep_copy
from .._schema.shape import MisfitError, shape_of
from .._streaming.loops import AsyncLoop
from .._streaming.stream import STREAM_EVENT, AsyncStream, Item, Stream, _Base
from .early import Early
from .elements import Elements
from .plan import Answer, Plan

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator

    from .._native import Batch, NativeStream
    from .._schema.shape import Shape

E = TypeVar("E")

#: Types of the events with the answer's value, for an answer in the text and in the arguments of a tool.
_TEXT_EVENTS = {"content.delta", "content.done", "text", "content_block_stop"}
_ARGUMENT_EVENTS = {
    "tool_calls.function.arguments.delta",
    "tool_calls.function.arguments.done",
    "input_json",
    "content_block_stop",
}


class _ParsedBase(_Base[Item, Answer]):
    """Members that both kinds of stream share."""

    def __init__(self, native: NativeStream, plan: Plan[Answer]) -> None:
        super().__init__(native, STREAM_EVENT, plan.kind, "helper")
        self._plan = plan
        #: Checks complete parts of the answer; of a type, not of a schema.
        self._early = Early(plan.of) if plan.of is not None else None
        #: The last event with a live value.
        self._last: Any = None
        #: The value of that event, if the event has the instance instead.
        self._complete_value: Any = None
        self._finished: Answer | None = None

    def _take(self, batch: Batch | None) -> None:
        super()._take(batch)
        kinds = _ARGUMENT_EVENTS if self._plan.core["mode"] == "tool" else _TEXT_EVENTS
        events = list(self._items)
        for event in reversed(events):
            # The value of the first choice.
            if event.type in kinds and event.parsed is not None and not getattr(event, "choice", 0):
                self._last = event
                break
        for event in events:
            if event.type == "content.done" and self._plan.core["mode"] != "tool":
                self._set_instance(event)
        self._items = iter(events)
        if self._early is not None:
            for path, shape, value in self._early.take_complete(self.partial):
                self._read(path, shape, value)

    def _set_instance(self, event: Any) -> None:
        """Replace the value of a completed text by its instance. A value that does not fit stays: the end of the stream reports it."""
        value = event.parsed
        if event is self._last:
            self._complete_value = value
        value = value.get("value") if self._plan.core["wrapped"] and isinstance(value, dict) else value
        with suppress(MisfitError):
            event._set_parsed(self._plan.read(value, self._plan.shape))

    def _read(self, path: str, shape: Shape[Any], value: Any) -> Any:
        """Read a part of the answer. Raises InvalidOutputError."""
        try:
            return self._plan.read(value, shape)
        except MisfitError as error:
            self._plan.reject(super()._final(), problems=error.to_json(path))

    @property
    def partial(self) -> Any:
        """The value so far: one object that grows. `None` before its first part.

        Members that strict mode made nullable may be null here. Texts may still grow; numbers are complete.
        """
        value = self._complete_value
        if value is None and self._last is not None:
            value = self._last.parsed
        return value.get("value") if self._plan.core["wrapped"] and isinstance(value, dict) else value

    def snapshot_parsed(self) -> Any:
        """Return a deep copy of `partial`, which doesn't grow."""
        return deep_copy(self.partial)

    def _final(self) -> Answer:
        if self._finished is None:
            answer = super()._final()
            self._plan.finish(answer, [answer.usage])
            self._finished = answer
        return self._finished

    def _complete(self, elements: Elements, convert: Callable[[str, Any], Any]) -> Iterator[Any]:
        """Convert the items at a path that are complete now. At the stream's end the answer must be whole JSON."""
        # The events are not delivered: their items are.
        self._items = iter(())
        for pointer, value in elements.take_complete(self.partial, is_closed=False):
            yield convert(pointer, value)
        if self._done:
            self._plan.check(super()._final())
            for pointer, value in elements.take_complete(self.partial, is_closed=True):
                yield convert(pointer, value)

    def _converter(self, path: str, of: Any) -> Callable[[str, Any], Any]:
        if of is None:
            return lambda _, value: self._plan.element(path, value)
        shape = shape_of(of)
        return lambda pointer, value: self._read(pointer, shape, value)


class ParsedStream(_ParsedBase[Item, Answer], Stream[Item, Answer]):
    """A streamed answer of a type: its events have the growing value as `parsed`."""

    @overload
    def elements(self, path: str, type: type[E]) -> Iterator[E]: ...

    @overload
    def elements(self, path: str, type: Any = None) -> Iterator[Any]: ...

    def elements(self, path: str, type: Any = None) -> Iterator[Any]:
        """Iterate over the items at a path while the answer streams: each as soon as it is complete, as an instance of `type` if given.

        path: names of members and indices, separated by dots, with `*` for each item of an array: `items`, `items.*.name`, `items.0`; empty
        for a root that is an array.

        Consumes the events of the stream. Raises InvalidOutputError for an item that doesn't fit, and for an answer that isn't whole the
        errors of `get_final_completion`.
        """
        return Loop(self, self._elements(Elements(path), self._converter(path, type)))

    def _elements(self, elements: Elements, convert: Callable[[str, Any], Any]) -> Iterator[Any]:
        while True:
            yield from self._complete(elements, convert)
            if self._done:
                return
            self._wait()


class AsyncParsedStream(_ParsedBase[Item, Answer], AsyncStream[Item, Answer]):
    """A streamed answer of a type: its events have the growing value as `parsed`."""

    @overload
    def elements(self, path: str, type: type[E]) -> AsyncIterator[E]: ...

    @overload
    def elements(self, path: str, type: Any = None) -> AsyncIterator[Any]: ...

    def elements(self, path: str, type: Any = None) -> AsyncIterator[Any]:
        """Iterate over the items at a path while the answer streams. See `ParsedStream.elements`."""
        return AsyncLoop(self, self._elements(Elements(path), self._converter(path, type)))

    async def _elements(self, elements: Elements, convert: Callable[[str, Any], Any]) -> AsyncGenerator[Any, None]:
        while True:
            for item in self._complete(elements, convert):
                yield item
            if self._done:
                return
            await self._step()
