"""Streams of answers that are instances of a type: the value as it grows, its items as they complete, the instance at the end.

Law: the extension grows the value; here it is looked at. The instance is made once, of the whole answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from .._native import Loop
from .._objects.model import _copy
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

#: Types of the events that show the answer, where it is a text and where it is a tool's arguments.
_TEXT = {"content.delta", "content.done", "text", "content_block_stop"}
_ARGUMENTS = {
    "tool_calls.function.arguments.delta",
    "tool_calls.function.arguments.done",
    "input_json",
    "content_block_stop",
}


class _Parsed(_Base[Item, Answer]):
    """What both kinds of stream share."""

    def __init__(self, native: NativeStream, plan: Plan[Answer]) -> None:
        super().__init__(native, STREAM_EVENT, plan.kind, "helper")
        self._plan = plan
        #: Checks complete parts of the answer; of a type, not of a schema.
        self._early = Early(plan.of) if plan.of is not None else None
        #: The last event with a live value.
        self._last: Any = None
        self._finished: Answer | None = None

    def _take(self, batch: Batch | None) -> None:
        super()._take(batch)
        kinds = _ARGUMENTS if self._plan.output["mode"] == "tool" else _TEXT
        events = list(self._items)
        for event in reversed(events):
            # Of several choices the first one.
            if event.type in kinds and event.parsed is not None and not getattr(event, "choice", 0):
                self._last = event
                break
        self._items = iter(events)
        if self._early is not None:
            for where, shape, value in self._early.ready(self.partial):
                self._read(where, shape, value)

    def _read(self, where: str, shape: Shape[Any], value: Any) -> Any:
        """Read a part of the answer. Raises InvalidOutputError."""
        try:
            return self._plan.read(value, shape)
        except MisfitError as error:
            raise self._plan.misfit(error, super()._final(), where) from error

    @property
    def partial(self) -> Any:
        """The value as far as it has come: one object that grows. `None` before it began.

        Members that strict mode made nullable may be null here; texts may still grow, numbers are whole.
        """
        value = self._last.parsed if self._last is not None else None
        return value.get("value") if self._plan.output.get("wrapped") and isinstance(value, dict) else value

    def snapshot_parsed(self) -> Any:
        """Return a copy of `partial` that stays as it is: a deep one, which costs its size."""
        return _copy(self.partial)

    def _final(self) -> Answer:
        if self._finished is None:
            answer = super()._final()
            self._finished = self._plan.finish(answer, [answer.usage])
        return self._finished

    def _found(self, elements: Elements, convert: Callable[[str, Any], Any]) -> Iterator[Any]:
        """Make what became complete of the items at a path; at the stream's end, the answer must be whole JSON."""
        # They are handed out as items instead.
        self._items = iter(())
        for where, value in elements.ready(self.partial, closed=False):
            yield convert(where, value)
        if self._done:
            self._plan.check(super()._final())
            for where, value in elements.ready(self.partial, closed=True):
                yield convert(where, value)

    def _converter(self, path: str, of: Any) -> Callable[[str, Any], Any]:
        if of is None:
            return lambda _, value: self._plan.element(path, value)
        shape = shape_of(of)
        return lambda where, value: self._read(where, shape, value)


class ParsedStream(_Parsed[Item, Answer], Stream[Item, Answer]):
    """A streamed answer that is read into an instance: its events have the growing value as `parsed`."""

    @overload
    def elements(self, path: str, type: type[E]) -> Iterator[E]: ...

    @overload
    def elements(self, path: str, type: Any = None) -> Iterator[Any]: ...

    def elements(self, path: str, type: Any = None) -> Iterator[Any]:
        """Iterate over the items at a path while the rest streams, each once it is complete, as instances of `type` if given.

        path: member names and indices with dots between, `*` for each item of an array: `items`, `items.*.name`, `items.0`; empty for a
        root that is an array.

        Reads the stream, whose events are then gone. Raises InvalidOutputError for an item that doesn't fit, and what
        `get_final_completion` raises for an answer that isn't whole.
        """
        return Loop(self, self._elements(Elements(path), self._converter(path, type)))

    def _elements(self, elements: Elements, convert: Callable[[str, Any], Any]) -> Iterator[Any]:
        while True:
            yield from self._found(elements, convert)
            if self._done:
                return
            self._wait()


class AsyncParsedStream(_Parsed[Item, Answer], AsyncStream[Item, Answer]):
    """A streamed answer that is read into an instance: its events have the growing value as `parsed`."""

    @overload
    def elements(self, path: str, type: type[E]) -> AsyncIterator[E]: ...

    @overload
    def elements(self, path: str, type: Any = None) -> AsyncIterator[Any]: ...

    def elements(self, path: str, type: Any = None) -> AsyncIterator[Any]:
        """Iterate over the items at a path while the rest streams. See `ParsedStream.elements`."""
        return AsyncLoop(self, self._elements(Elements(path), self._converter(path, type)))

    async def _elements(self, elements: Elements, convert: Callable[[str, Any], Any]) -> AsyncGenerator[Any, None]:
        while True:
            for item in self._found(elements, convert):
                yield item
            if self._done:
                return
            await self._step()
