"""`client.chat.completions`.

Law: names what may be given; the core does the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from ._calls import Resource, WithRawResponse, result
from ._chat_typed import AsyncTypedCompletions, TypedCompletions
from ._streaming import AsyncStream, Stream, async_chat_stream, chat_stream
from .types import ChatCompletion, ChatCompletionChunk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Unpack

    from . import types


class Chat(Resource):
    """Chat endpoints."""

    @property
    def completions(self) -> Completions:
        """Chat completions."""
        return Completions(self._sender)


class AsyncChat(Resource):
    """Chat endpoints."""

    @property
    def completions(self) -> AsyncCompletions:
        """Chat completions."""
        return AsyncCompletions(self._sender)


class Completions(TypedCompletions):
    """Chat completions."""

    @property
    def with_raw_response(self) -> WithRawResponse:
        """The same methods, giving status and headers too."""
        return WithRawResponse(self)

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
    ) -> Stream[ChatCompletionChunk, ChatCompletion]: ...

    @overload
    def create(
        self,
        *,
        messages: Iterable[types.MessageParam | Mapping[str, Any]],
        model: str,
        stream: bool,
        **request: Unpack[types.ChatOptions],
    ) -> ChatCompletion | Stream[ChatCompletionChunk, ChatCompletion]: ...

    def create(
        self,
        *,
        messages: Iterable[types.MessageParam | Mapping[str, Any]],
        model: str,
        stream: bool | None = None,
        **request: Any,
    ) -> ChatCompletion | Stream[ChatCompletionChunk, ChatCompletion]:
        """Ask for an answer: whole, or with `stream=True` as a stream.

        Fields that are not listed go into `extra_body`. `timeout` and its kin are in seconds.
        Raises the errors of `trilogue`, all of them subclasses of `APIError`.
        """
        request.update(model=model, messages=messages)
        if stream:
            return chat_stream(self._sender.stream("chat", request))
        return result(ChatCompletion, self._sender.call("chat", request))


class AsyncCompletions(AsyncTypedCompletions):
    """Chat completions."""

    @property
    def with_raw_response(self) -> WithRawResponse:
        """The same methods, giving status and headers too."""
        return WithRawResponse(self)

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
    ) -> AsyncStream[ChatCompletionChunk, ChatCompletion]: ...

    @overload
    async def create(
        self,
        *,
        messages: Iterable[types.MessageParam | Mapping[str, Any]],
        model: str,
        stream: bool,
        **request: Unpack[types.ChatOptions],
    ) -> ChatCompletion | AsyncStream[ChatCompletionChunk, ChatCompletion]: ...

    async def create(
        self,
        *,
        messages: Iterable[types.MessageParam | Mapping[str, Any]],
        model: str,
        stream: bool | None = None,
        **request: Any,
    ) -> ChatCompletion | AsyncStream[ChatCompletionChunk, ChatCompletion]:
        """Ask for an answer: whole, or with `stream=True` as a stream.

        Fields that are not listed go into `extra_body`. `timeout` and its kin are in seconds.
        Raises the errors of `trilogue`, all of them subclasses of `APIError`.
        """
        request.update(model=model, messages=messages)
        if stream:
            return async_chat_stream(await self._sender.stream_async("chat", request))
        return result(ChatCompletion, await self._sender.call_async("chat", request))
