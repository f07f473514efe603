"""Answers on their way, in a conversation.

Law: the core says what is asked and keeps what came; functions run as in any run of tools. Whatever ends an answer early, what came of it is
handed to the conversation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._assist import assist
from ._calls import OPTIONS, result
from ._errors import APIError
from ._runner import _FINALS, AsyncToolRunner, ToolRunner, _Call, _Run
from ._streaming import _STREAM_EVENT, AsyncStream, Stream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Mapping

    from ._calls import Sender
    from ._conversation import Conversation
    from ._runner import OnToolError


class _Talk(_Run[Any, Any]):
    """What both kinds share: what is sent, and what the conversation is told."""

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

    def _asked(self) -> dict[str, Any]:
        """Return the arguments of the next call."""
        options = {name: value for name, value in self._given.items() if name in OPTIONS}
        body = {name: value for name, value in self._given.items() if name not in OPTIONS}
        conversation = self._conversation
        self._endpoint = conversation.format
        self._kind = _FINALS[self._endpoint]
        request = conversation._do("request", parameters=body)
        if self._streams and self._endpoint == "chat" and "stream_options" not in body:
            # How many tokens were used is told only on request.
            request.setdefault("stream_options", {"include_usage": True})
        return {**options, **request}

    def _waiting(self) -> list[_Call] | None:
        """Return the calls that wait for results: of a run that was stopped, or of a conversation that was loaded."""
        conversation = self._conversation
        if conversation.next != "results":
            return None
        calls: list[dict[str, Any]] = conversation._do("next")["calls"]
        if any(call["name"] in self._foreign for call in calls):
            from ._errors import InvalidRequestError

            message = "calls wait for results that only results() can give"
            raise InvalidRequestError(message)
        return self._checked(calls)

    def _took(self, reply: Any) -> list[_Call]:
        """Hand a reply to the conversation; its calls, if it isn't the last. Raises ToolRunError where the model was asked often enough."""
        conversation = self._conversation
        self.usage.append(reply.usage)
        calls: list[dict[str, Any]] = conversation._do("take", reply=reply._data)["calls"]
        is_paused = conversation.next == "model"
        is_foreign = any(call["name"] in self._foreign for call in calls)
        if not is_paused and (not calls or is_foreign):
            self._final = reply
            return []
        if len(self.usage) >= self._limits[0]:
            message = f"the model still calls tools after {self._limits[0]} steps: raise max_steps; its calls wait for results"
            raise self._failed(message, reply)
        return self._checked(calls)

    def _checked(self, calls: list[dict[str, Any]]) -> list[_Call]:
        """Find what is wrong with calls, as the core tells it a model."""
        from json import dumps

        made = [
            {"id": call["id"], "function": {"name": call["name"], "arguments": dumps(call.get("arguments") or {})}}
            for call in calls
        ]
        reply = {"choices": [{"message": {"tool_calls": made}}]}
        found = assist("calls", endpoint="chat", reply=reply, tools=self._definitions)["calls"]
        return [self._call(call if "problem" in call else checked) for call, checked in zip(calls, found, strict=True)]

    def _told_all(self, calls: list[_Call], told: dict[int, dict[str, Any]]) -> None:
        self._conversation._do("results", results=[told[place] for place in range(len(calls))])

    def _cut(self, reply: Any, error: BaseException | None) -> None:
        """Hand over what came of an answer that ended early."""
        is_failure = isinstance(error, APIError)
        partial = error.partial if isinstance(error, APIError) else None
        why = type(error).__name__ if is_failure else "stopped"
        self._conversation._do("partial", reply=reply if partial is None else partial, why=why)


class ConversationStream(_Talk, ToolRunner[Any, Any]):
    """An answer: iterate over it for its events, or call `until_done()`. Leaving its `with` stops it; what came stays."""

    def _steps(self) -> Generator[Any, None, None]:
        self._begin()
        try:
            while self._final is None:
                calls = self._waiting()
                reply = None
                if calls is None:
                    reply = yield from self._ask()
                    calls = self._took(reply)
                if self._final is None and calls:
                    told: dict[int, dict[str, Any]] = {}
                    for call in calls:
                        yield call.event("tool.start")
                    for place, outcome in self._outcomes(calls):
                        told[place], event = self._told(calls[place], reply, outcome)
                        yield event
                    self._told_all(calls, told)
        finally:
            self._conversation._running = None

    def _ask(self) -> Generator[Any, None, Any]:
        asked = self._asked()
        if not self._streams:
            return result(self._kind, self._sender.call(self._endpoint, asked))
        native = self._sender.stream(self._endpoint, asked)
        with Stream(native, _STREAM_EVENT, self._kind, "normal") as stream:
            try:
                yield from stream
            except BaseException as error:
                self._cut(stream._snapshot(), error)
                raise
            return stream._final()


class AsyncConversationStream(_Talk, AsyncToolRunner[Any, Any]):
    """An answer: iterate over it with `async for` for its events, or await `until_done()`. Leaving its `async with` stops it; what came stays."""

    async def _steps(self) -> AsyncGenerator[Any, None]:
        self._begin()
        try:
            while self._final is None:
                calls = self._waiting()
                reply = None
                if calls is None:
                    asked = self._asked()
                    if not self._streams:
                        reply = result(self._kind, await self._sender.call_async(self._endpoint, asked))
                    else:
                        native = await self._sender.stream_async(self._endpoint, asked)
                        async with AsyncStream(native, _STREAM_EVENT, self._kind, "normal") as stream:
                            try:
                                async for event in stream:
                                    yield event
                            except BaseException as error:
                                self._cut(stream._snapshot(), error)
                                raise
                            reply = stream._final()
                    calls = self._took(reply)
                if self._final is None and calls:
                    told: dict[int, dict[str, Any]] = {}
                    for call in calls:
                        yield call.event("tool.start")
                    outcomes = self._outcomes(calls)
                    try:
                        async for place, outcome in outcomes:
                            told[place], event = self._told(calls[place], reply, outcome)
                            yield event
                    finally:
                        await outcomes.aclose()
                    self._told_all(calls, told)
        finally:
            self._conversation._running = None
