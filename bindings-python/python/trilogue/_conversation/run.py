"""Answers in progress in a conversation: a tool run whose state is the core's conversation.

If an answer ends early, the conversation keeps the part that was received.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._generated.constants import MAX_STEPS
from .._generated.errors import APIError
from .._generated.operations import conversation_operation
from .._sender import split
from .._tools.run import BaseRun
from .._tools.runner import AsyncToolRunner, ToolRunner

if TYPE_CHECKING:
    from .._generated.operations import Outcome
    from .._generated.types import NormalEvent
    from .._streaming.stream import AsyncStream
    from .._tools.runner import OnToolError
    from .conversation import Conversation, Reply

    _Stream = ToolRunner[NormalEvent, Reply]
    _AsyncStream = AsyncToolRunner[NormalEvent, Reply]
else:
    _Stream, _AsyncStream = ToolRunner, AsyncToolRunner


class ConversationRun(BaseRun):
    """The run of a conversation."""

    def __init__(
        self,
        conversation: Conversation,
        arguments: dict[str, Any],
        *,
        streams: bool,
        max_steps: int = MAX_STEPS,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
    ) -> None:
        super().__init__(conversation.tools, max_steps, on_tool_error, tool_timeout)
        self._conversation = conversation
        self._native = conversation._native
        self._parameters, self._options = split(arguments)
        self._streams = streams

    @property
    def messages(self) -> list[Any]:
        """The messages of the conversation so far."""
        return self._conversation.messages

    def begin(self) -> None:
        """Begin the run. Raises InvalidRequestError if another one is in progress."""
        conversation_operation(
            self._native,
            "begin_run",
            functions=list(self._functions),
            streams=self._streams,
            max_steps=self._max_steps,
            parameters=self._parameters,
        )

    def end(self) -> None:
        """End the run."""
        conversation_operation(self._native, "end_run")

    def next_step(self) -> Any:
        """Return the next step. Calls of a loaded conversation, or of a run that was stopped, come first."""
        step = conversation_operation(self._native, "next_step")
        if step["next"] == "request":
            return {**step, "request": {**self._options, **(step.get("request") or {})}}
        return step

    def _take(self, reply: dict[str, Any]) -> Any:
        return conversation_operation(self._native, "take_reply", reply=reply)

    def answer(self, results: list[Outcome]) -> None:
        """Add the results of calls."""
        if results:
            conversation_operation(self._native, "answer_calls", results=results)

    def keep_partial(self, stream: AsyncStream[Any, Any], error: BaseException) -> None:
        """Keep the part of an answer that was received."""
        failure = error if isinstance(error, APIError) else None
        partial = failure and failure.partial
        reply = stream._snapshot() if partial is None else partial
        kind = None if failure is None else type(failure).__name__
        conversation_operation(self._native, "keep_partial", reply=reply, error=kind)


class ConversationStream(_Stream):
    """An answer: iterate over it for its events, or call `until_done()`. Leaving its `with` stops it; the part received so far stays."""


class AsyncConversationStream(_AsyncStream):
    """An answer: iterate over it with `async for`, or await `until_done()`. Leaving its `async with` stops it; the part received so far stays."""
