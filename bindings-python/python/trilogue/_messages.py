"""`client.messages`.

Law: names what may be given; the core does the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from ._calls import WithRawResponse, result
from ._messages_typed import AsyncTypedMessages, TypedMessages
from ._streaming import AsyncStream, Stream, async_message_stream, message_stream
from .types import Message, MessageEvent, TokenCount

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Unpack

    from . import types


class Messages(TypedMessages):
    """Messages, in Anthropic's format."""

    @property
    def with_raw_response(self) -> WithRawResponse:
        """The same methods, giving status and headers too."""
        return WithRawResponse(self)

    @overload
    def create(
        self,
        *,
        messages: Iterable[types.InputMessageParam | Mapping[str, Any]],
        model: str,
        stream: Literal[False] | None = None,
        **request: Unpack[types.MessagesOptions],
    ) -> Message: ...

    @overload
    def create(
        self,
        *,
        messages: Iterable[types.InputMessageParam | Mapping[str, Any]],
        model: str,
        stream: Literal[True],
        **request: Unpack[types.MessagesOptions],
    ) -> Stream[MessageEvent, Message]: ...

    @overload
    def create(
        self,
        *,
        messages: Iterable[types.InputMessageParam | Mapping[str, Any]],
        model: str,
        stream: bool,
        **request: Unpack[types.MessagesOptions],
    ) -> Message | Stream[MessageEvent, Message]: ...

    def create(
        self,
        *,
        messages: Iterable[types.InputMessageParam | Mapping[str, Any]],
        model: str,
        stream: bool | None = None,
        **request: Any,
    ) -> Message | Stream[MessageEvent, Message]:
        """Ask for an answer: whole, or with `stream=True` as a stream.

        Fields that are not listed go into `extra_body`. `timeout` and its kin are in seconds.
        Raises the errors of `trilogue`, all of them subclasses of `APIError`.
        """
        request.update(model=model, messages=messages)
        if stream:
            return message_stream(self._sender.stream("messages", request))
        return result(Message, self._sender.call("messages", request))

    def count_tokens(
        self,
        *,
        messages: Iterable[types.InputMessageParam | Mapping[str, Any]],
        model: str,
        **request: Unpack[types.CountTokensOptions],
    ) -> TokenCount:
        """Ask how many tokens a prompt has."""
        body: dict[str, Any] = {**request, "model": model, "messages": messages}
        return result(TokenCount, self._sender.call("count_tokens", body))


class AsyncMessages(AsyncTypedMessages):
    """Messages, in Anthropic's format."""

    @property
    def with_raw_response(self) -> WithRawResponse:
        """The same methods, giving status and headers too."""
        return WithRawResponse(self)

    @overload
    async def create(
        self,
        *,
        messages: Iterable[types.InputMessageParam | Mapping[str, Any]],
        model: str,
        stream: Literal[False] | None = None,
        **request: Unpack[types.MessagesOptions],
    ) -> Message: ...

    @overload
    async def create(
        self,
        *,
        messages: Iterable[types.InputMessageParam | Mapping[str, Any]],
        model: str,
        stream: Literal[True],
        **request: Unpack[types.MessagesOptions],
    ) -> AsyncStream[MessageEvent, Message]: ...

    @overload
    async def create(
        self,
        *,
        messages: Iterable[types.InputMessageParam | Mapping[str, Any]],
        model: str,
        stream: bool,
        **request: Unpack[types.MessagesOptions],
    ) -> Message | AsyncStream[MessageEvent, Message]: ...

    async def create(
        self,
        *,
        messages: Iterable[types.InputMessageParam | Mapping[str, Any]],
        model: str,
        stream: bool | None = None,
        **request: Any,
    ) -> Message | AsyncStream[MessageEvent, Message]:
        """Ask for an answer: whole, or with `stream=True` as a stream.

        Fields that are not listed go into `extra_body`. `timeout` and its kin are in seconds.
        Raises the errors of `trilogue`, all of them subclasses of `APIError`.
        """
        request.update(model=model, messages=messages)
        if stream:
            return async_message_stream(await self._sender.stream_async("messages", request))
        return result(Message, await self._sender.call_async("messages", request))

    async def count_tokens(
        self,
        *,
        messages: Iterable[types.InputMessageParam | Mapping[str, Any]],
        model: str,
        **request: Unpack[types.CountTokensOptions],
    ) -> TokenCount:
        """Ask how many tokens a prompt has."""
        body: dict[str, Any] = {**request, "model": model, "messages": messages}
        return result(TokenCount, await self._sender.call_async("count_tokens", body))
