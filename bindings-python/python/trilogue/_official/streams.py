"""Streams of an official client over the core's streams.

An item is an instance of the official class. An item that differs from the previous one only in its text is a copy of that one with another text,
which costs a fraction of parsing it.
"""

from __future__ import annotations

import json
from functools import cache
from types import new_class
from typing import TYPE_CHECKING, Any, get_origin

from .._generated.errors import APIError
from .._generated.types import ChatCompletion, Message
from .._native import Lazy
from .._streaming.events import END_OF_CHUNKS, server_sent_event
from .._streaming.stream import AsyncStream, Stream
from .errors import translate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from .._hooks.items import ItemHook

#: Used as the class of items, so that each item is the dict of its fields.
_AS_DICT: Any = dict
_set = object.__setattr__


class _Reader:
    """A stream of the core, whose items are dicts or lazy items."""

    def __init__(self, native: Any, endpoint: str) -> None:
        #: The hook of a client for the items that the program gets.
        self.hook: ItemHook | None = getattr(native, "hook", None)
        self.native = native if self.hook is None else native.native
        self.is_chat = endpoint == "chat"
        self._final = ChatCompletion if self.is_chat else Message
        self._names = _Names()

    @classmethod
    def over(cls, native: Any, base: Any, endpoint: str) -> Any:
        """Create a body that is an instance of the HTTP client's class of streams."""
        kind: Any = cls
        return _with_base(kind, base)(native, endpoint)

    def blocking(self) -> Any:
        """Return the stream for `for`."""
        return Stream(self.native, _AS_DICT, self._final)

    def asynchronous(self) -> Any:
        """Return the stream for `async for`."""
        return AsyncStream(self.native, _AS_DICT, self._final)

    def fields(self, item: Any) -> dict[str, Any]:
        """Return the fields of an item."""
        return self._names.fields(item)

    def encoded(self, fields: dict[str, Any]) -> bytes:
        """Return an item as an event, for programs that read the bytes of the response."""
        kind = None if self.is_chat else str(fields.get("type"))
        return server_sent_event(kind, json.dumps(fields, ensure_ascii=False)).encode()

    @property
    def end(self) -> bytes:
        """The event after the last item."""
        return END_OF_CHUNKS.encode() if self.is_chat else b""


class Body(_Reader):
    """The body of a response of a synchronous client."""

    def __iter__(self) -> Iterator[bytes]:
        for item in self.blocking():
            fields = self.fields(item)
            if self.hook is not None:
                self.hook.run(fields)
            yield self.encoded(fields)
        yield self.end

    def close(self) -> None:
        """Close the connection."""
        self.native.cancel()


class AsyncBody(_Reader):
    """The body of a response of an asynchronous client."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for item in self.asynchronous():
            fields = self.fields(item)
            if self.hook is not None:
                await self.hook.run_async(fields)
            yield self.encoded(fields)
        yield self.end

    async def aclose(self) -> None:
        """Close the connection."""
        self.native.cancel()


@cache
def _with_base(kind: Any, base: Any) -> Any:
    """Return a subclass of a class of bodies and the HTTP client's class of streams."""
    return type(kind.__name__, (kind, base), {})


class _Names:
    """The name that the server uses for reasoning, which the core calls `reasoning`."""

    def __init__(self) -> None:
        self.reasoning = "reasoning"

    def fields(self, item: Any) -> dict[str, Any]:
        """Return the fields of an item of the core, as the official client would have received them."""
        fields = item if isinstance(item, dict) else item.to_dict()
        fields.pop("cost", None)
        for choice in fields.get("choices") or ():
            delta = choice.get("delta") or {}
            # The core records the name once.
            self.reasoning = delta.pop("reasoning_field", self.reasoning)
            if "reasoning" in delta:
                delta[self.reasoning] = delta.pop("reasoning")
        return fields

    def path(self, item: Any) -> list[str]:
        """Return the path from an item to its text."""
        return [self.reasoning if name == "reasoning" else name for name in item._path]


@cache
def stream_class(kind: Any, package: Any) -> Any:
    """Return a subclass of an official class of streams, such as `Stream[ChatCompletionChunk]`, that reads the core's stream."""
    if kind is None:
        return None
    base = get_origin(kind) or kind
    read = _read if issubclass(base, package.Stream) else _read_async
    members = {"__stream__": read, "__module__": base.__module__, "_core_package": package}
    return new_class(base.__name__, (kind,), exec_body=lambda namespace: namespace.update(members))


def _read(stream: Any) -> Iterator[Any]:
    """Yield the items of a stream; the method `__stream__` of its class."""
    response = stream.response
    convert = _converter(stream)
    body = response.extensions["trilogue"]
    source, hook = body.blocking(), body.hook
    try:
        while True:
            for item in source._items:
                converted = convert(item)
                if hook is not None:
                    hook.run(converted)
                yield converted
            if source._done:
                return
            source._wait()
    except APIError as error:
        raise translate(error, stream._core_package, response.request) from error.__cause__
    finally:
        response.close()


async def _read_async(stream: Any) -> AsyncIterator[Any]:
    """Yield the items of an asynchronous stream."""
    response = stream.response
    convert = _converter(stream)
    body = response.extensions["trilogue"]
    source, hook = body.asynchronous(), body.hook
    try:
        while True:
            for item in source._items:
                converted = convert(item)
                if hook is not None:
                    await hook.run_async(converted)
                yield converted
            if source._done:
                return
            await source._wait()
    except APIError as error:
        raise translate(error, stream._core_package, response.request) from error.__cause__
    finally:
        await response.aclose()


def _converter(stream: Any) -> Callable[[Any], Any]:
    """Return a function that converts the core's items to official objects."""
    process = stream._client._process_response_data
    cast_to, response = stream._cast_to, stream.response
    prototype: Any = None
    copy_with: Callable[[str], Any] | None = None
    is_padded = False
    names = _Names()

    def convert(item: Any) -> Any:
        nonlocal prototype, copy_with, is_padded
        if type(item) is not Lazy:
            return process(data=names.fields(item), cast_to=cast_to, response=response)
        if copy_with is not None:
            text = item._text_like(prototype)
            if text is not None:
                copied = copy_with(text)
                if is_padded:
                    copied.__pydantic_extra__["obfuscation"] = item._obfuscation
                return copied
        converted = process(data=names.fields(item), cast_to=cast_to, response=response)
        prototype, copy_with, is_padded = item, _copier(converted, names.path(item)), item._obfuscation is not None
        return converted

    return convert


def _copier(model: Any, path: list[str]) -> Callable[[str], Any]:
    """Return a function that copies an official object with another text at a path. Lists on the path have one item."""
    name, *rest = path
    if not rest:
        return lambda text: _copy(model, name, text)
    child = getattr(model, name)
    if isinstance(child, list):
        inner = _copier(child[0], rest)
        return lambda text: _copy(model, name, [inner(text)])
    inner = _copier(child, rest)
    return lambda text: _copy(model, name, inner(text))


def _copy(model: Any, name: str, value: Any) -> Any:
    """Copy a pydantic model with another value of a field."""
    copied = model.__class__.__new__(model.__class__)
    fields, extra = model.__dict__, model.__pydantic_extra__
    if name in fields:
        fields = {**fields, name: value}
        extra = extra and {**extra}
    else:
        fields, extra = {**fields}, {**extra, name: value}
    _set(copied, "__dict__", fields)
    _set(copied, "__pydantic_fields_set__", {*model.__pydantic_fields_set__})
    _set(copied, "__pydantic_extra__", extra)
    _set(copied, "__pydantic_private__", None)
    return copied
