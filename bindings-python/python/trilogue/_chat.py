"""`client.chat.completions`.

Law: gathers keyword arguments into a request and options; fields that it does not know go on as they are.
"""

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING, Any, Literal, overload

from ._streaming import AsyncStream, Stream
from ._waiting import deliver_to_loop
from .types import ChatCompletion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Unpack

    from . import types
    from ._native import NativeClient

_OPTIONS = frozenset(
    {"extra_headers", "extra_query", "extra_body", "timeout", "first_token_timeout", "idle_timeout", "max_retries"}
)


def _split(request: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Split keyword arguments into the body and the options' JSON text. An argument of `None` is one that was not given."""
    body: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for name, value in request.items():
        if value is not None:
            (options if name in _OPTIONS else body)[name] = value
    body["messages"] = list(body["messages"])
    return body, dumps(options) if options else "{}"


def _completion(reply: tuple[dict[str, Any], int, dict[str, str], int]) -> ChatCompletion:
    value, _status, headers, retries_taken = reply
    completion = ChatCompletion(value)
    completion.__dict__["_request_id"] = headers.get("x-request-id") or headers.get("request-id")
    completion.__dict__["_retries_taken"] = retries_taken
    return completion


class _Resource:
    def __init__(self, native: NativeClient) -> None:
        self._native = native


class Chat(_Resource):
    """Chat endpoints."""

    @property
    def completions(self) -> Completions:
        """Chat completions."""
        return Completions(self._native)


class AsyncChat(_Resource):
    """Chat endpoints."""

    @property
    def completions(self) -> AsyncCompletions:
        """Chat completions."""
        return AsyncCompletions(self._native)


class Completions(_Resource):
    """Chat completions."""

    @overload
    def create(
        self,
        *,
        messages: Iterable[types.MessageParam | Mapping[str, Any]],
        model: str,
        stream: Literal[False] | None = None,
        **request: Unpack[types.ChatOptions],
    ) -> ChatCompletion: ...

    @overload
    def create(
        self,
        *,
        messages: Iterable[types.MessageParam | Mapping[str, Any]],
        model: str,
        stream: Literal[True],
        **request: Unpack[types.ChatOptions],
    ) -> Stream: ...

    @overload
    def create(
        self,
        *,
        messages: Iterable[types.MessageParam | Mapping[str, Any]],
        model: str,
        stream: bool,
        **request: Unpack[types.ChatOptions],
    ) -> ChatCompletion | Stream: ...

    def create(
        self,
        *,
        messages: Iterable[types.MessageParam | Mapping[str, Any]],
        model: str,
        stream: bool | None = None,
        **request: Any,
    ) -> ChatCompletion | Stream:
        """Ask for an answer: whole, or with `stream=True` as a stream of chunks.

        Fields that are not listed go into `extra_body`. `timeout` and its kin are in seconds.
        Raises the errors of `trilogue`, all of them subclasses of `APIError`.
        """
        body, options = _split({"model": model, "messages": messages, **request})
        if stream:
            return Stream(self._native.stream(body, options))
        return _completion(self._native.chat(body, options))


class AsyncCompletions(_Resource):
    """Chat completions."""

    @overload
    async def create(
        self,
        *,
        messages: Iterable[types.MessageParam | Mapping[str, Any]],
        model: str,
        stream: Literal[False] | None = None,
        **request: Unpack[types.ChatOptions],
    ) -> ChatCompletion: ...

    @overload
    async def create(
        self,
        *,
        messages: Iterable[types.MessageParam | Mapping[str, Any]],
        model: str,
        stream: Literal[True],
        **request: Unpack[types.ChatOptions],
    ) -> AsyncStream: ...

    @overload
    async def create(
        self,
        *,
        messages: Iterable[types.MessageParam | Mapping[str, Any]],
        model: str,
        stream: bool,
        **request: Unpack[types.ChatOptions],
    ) -> ChatCompletion | AsyncStream: ...

    async def create(
        self,
        *,
        messages: Iterable[types.MessageParam | Mapping[str, Any]],
        model: str,
        stream: bool | None = None,
        **request: Any,
    ) -> ChatCompletion | AsyncStream:
        """Ask for an answer: whole, or with `stream=True` as a stream of chunks. See `Completions.create`."""
        body, options = _split({"model": model, "messages": messages, **request})
        if stream:
            return AsyncStream(await deliver_to_loop(self._native.stream_async, body, options))
        return _completion(await deliver_to_loop(self._native.chat_async, body, options))
