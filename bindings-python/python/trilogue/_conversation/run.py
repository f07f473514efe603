"""Answers on their way, in a conversation.

Law: a run of tools in which the core's conversation says what is asked and keeps what came. Whatever ends an answer early, what came of it
is handed to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.errors import APIError, InvalidRequestError
from .._sender import OPTIONS
from .._tools.run import FINALS, Call, Run
from .._tools.runner import AsyncToolRunner, ToolRunner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._sender import Sender
    from .._streaming.stream import AsyncStream, Stream
    from .._tools.runner import OnToolError
    from .conversation import Conversation


class _Talk(Run[Any, Any]):
    """What both kinds share: what is sent, and what the conversation is told."""

    _view = "normal"
    _left = "its calls wait for results"

    def __init__(
        self,
        conversation: Conversation,
        sender: Sender,
        given: Mapping[str, Any],
        *,
        streams: bool,
        max_steps: int = 10,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
    ) -> None:
        super().__init__(
            sender,
            conversation.format,
            {"messages": []},
            conversation.tools,
            max_steps,
            on_tool_error,
            tool_timeout,
        )
        self._conversation = conversation
        self._streams = streams
        self._given = given

    @property
    def messages(self) -> list[Any]:
        """The messages of the conversation so far."""
        return self._conversation.messages

    def _begin(self) -> None:
        self._conversation._idle()
        self._conversation._running = self

    def _end(self) -> None:
        self._conversation._running = None

    def _asked(self) -> dict[str, Any]:
        options = {name: value for name, value in self._given.items() if name in OPTIONS}
        body = {name: value for name, value in self._given.items() if name not in OPTIONS}
        conversation = self._conversation
        self._endpoint = conversation.format
        self._kind = FINALS[self._endpoint]
        request = conversation._do("request", parameters=body)
        if self._streams and self._endpoint == "chat" and "stream_options" not in body:
            # How many tokens were used is told only on request.
            request.setdefault("stream_options", {"include_usage": True})
        return {**options, **request}

    def _waiting(self) -> list[Call] | None:
        # Of a run that was stopped, or of a conversation that was loaded.
        waiting = self._conversation._do("next", tools=self._definitions)
        if waiting["next"] != "results":
            return None
        if self._is_foreign(waiting["calls"]):
            message = "calls wait for results that only results() can give"
            raise InvalidRequestError(message)
        return [self._call(call) for call in waiting["calls"]]

    def _found(self, reply: Any) -> tuple[list[dict[str, Any]], bool]:
        calls: list[dict[str, Any]] = self._conversation._do("take", reply=reply._data, tools=self._definitions)[
            "calls"
        ]
        return calls, self._conversation.next == "model"

    def _tell(self, reply: Any, results: list[dict[str, Any]]) -> None:
        del reply  # `_found` handed it over.
        self._conversation._do("results", results=results)

    def _cut(self, stream: Stream[Any, Any] | AsyncStream[Any, Any], error: BaseException) -> None:
        is_failure = isinstance(error, APIError)
        partial = error.partial if isinstance(error, APIError) else None
        why = type(error).__name__ if is_failure else "stopped"
        self._conversation._do("partial", reply=stream._snapshot() if partial is None else partial, why=why)


class ConversationStream(_Talk, ToolRunner[Any, Any]):
    """An answer: iterate over it for its events, or call `until_done()`. Leaving its `with` stops it; what came stays."""


class AsyncConversationStream(_Talk, AsyncToolRunner[Any, Any]):
    """An answer: iterate over it with `async for` for its events, or await `until_done()`. Leaving its `async with` stops it; what came stays."""
