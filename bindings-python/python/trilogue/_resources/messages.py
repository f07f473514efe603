"""`client.messages`.

Law: names what may be given; the core does the rest. What each argument is, and what comes back for which, the stub tells type
checkers and editors: `cargo xtask codegen` writes it. Whatever few programs need is loaded when it is first needed.
"""

from __future__ import annotations

from .._generated.types import Message, TokenCount
from .._sender import Resource, result
from .._streaming.stream import AsyncStreamManager, StreamManager, async_message_stream, message_stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .._generated.types import Estimate
    from .._objects.response import WithRawResponse
    from .._structured.plan import Mode, OnInvalid
    from .._tools.runner import OnToolError
    from .._tools.tool import Runnable


class Messages(Resource):
    """Messages, in Anthropic's format."""

    @property
    def with_raw_response(self) -> WithRawResponse:
        """The same methods, giving status and headers too."""
        from .._objects.response import WithRawResponse

        return WithRawResponse(self)

    def estimate(self, *, messages: Any, model: str, **request: Any) -> Estimate:
        """Return what a request can cost at most, by its bytes and `max_tokens`. Sends nothing."""
        request.update(model=model, messages=messages)
        return self._sender.estimate("messages", request)

    def create(self, *, messages: Any, model: str, stream: bool | None = None, **request: Any) -> Any:
        """Ask for an answer: whole, or with `stream=True` as a stream.

        Fields that are not listed go into `extra_body`. `timeout` and its kin are in seconds.
        Raises the errors of `trilogue`, all of them subclasses of `APIError`.

        Args:
            stream: Whether the answer is handed out while it comes.

        """
        request.update(model=model, messages=messages)
        if stream:
            return message_stream(self._sender.stream("messages", request))
        if stream is not None:
            request["stream"] = stream
        return result(Message, self._sender.call("messages", request))

    def count_tokens(self, *, messages: Any, model: str, **request: Any) -> TokenCount:
        """Ask how many tokens a prompt has."""
        request.update(model=model, messages=messages)
        return result(TokenCount, self._sender.call("count_tokens", request))

    def parse(
        self,
        *,
        messages: Any,
        model: str,
        output_format: Any,
        mode: Mode = "json_schema",
        strict: bool | None = None,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = 2,
        **request: Any,
    ) -> Any:
        """Ask for an answer that is an instance of a type: its `parsed`.

        Raises the errors of `create`; InvalidOutputError; LengthFinishReasonError and ContentFilterFinishReasonError for an answer
        that was cut. All of them carry what came as `partial`.

        Args:
            output_format: A dataclass, TypedDict, pydantic model, msgspec Struct, what typing has for JSON values, or a JSON Schema.
            mode: How to ask: `json_schema`; `json_object`, for endpoints that know no schemas; `tool`, a function that has to be called.
            strict: Hold the model to the schema (default: unless the format says otherwise); what strict mode can't express is an InvalidRequestError.
            on_invalid: Whether an answer that doesn't fit is an InvalidOutputError, or is sent back with what is wrong.
            max_reasks: How often it may be sent back. `tries` has each try's usage.

        """
        from .._structured.plan import Plan, parse

        request.update(model=model, messages=messages)
        plan: Plan[Any] = Plan("messages", request, output_format, mode, strict=strict)
        return parse(lambda request: self._sender.call("messages", request), plan, on_invalid, max_reasks)

    def stream(
        self,
        *,
        messages: Any,
        model: str,
        output_format: Any = None,
        mode: Mode = "json_schema",
        strict: bool | None = None,
        **request: Any,
    ) -> Any:
        """Ask for an answer as a stream of events, in a `with`.

        With a type as `output_format` events have the growing value as `parsed`, the stream has `partial` and `elements`, and the
        final message `parsed`.

        Args:
            output_format: A type to read the answer into; see `parse`, also for `mode` and `strict`.

        """
        request.update(model=model, messages=messages)
        if output_format is None:
            return StreamManager(lambda: self._sender.stream("messages", request), Message)
        from .._structured.plan import Plan
        from .._structured.streams import ParsedStreamManager

        plan: Plan[Any] = Plan("messages", request, output_format, mode, strict=strict)
        return ParsedStreamManager(lambda request: self._sender.stream("messages", request), plan)

    def run_tools(
        self,
        *,
        messages: Any,
        model: str,
        tools: Iterable[Runnable],
        max_steps: int = 10,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
        **request: Any,
    ) -> Any:
        """Ask, run the functions that the model calls, tell it their results, and so on until it answers.

        Iterate over the runner for the events of every step, or call its `until_done()` for the final message.

        Args:
            tools: Functions (see `trilogue.tool`); dicts are tools that the provider runs, and go into the request as they are.
            max_steps: How often the model may be asked.
            on_tool_error: Whether the model is told that a function failed, or the run ends.
            tool_timeout: How long a function may take, in seconds; over it the model is told so.

        """
        from .._tools.runner import ToolRunner

        request.update(model=model, messages=messages)
        return ToolRunner(self._sender, "messages", request, tools, max_steps, on_tool_error, tool_timeout)


class AsyncMessages(Resource):
    """Messages, in Anthropic's format."""

    @property
    def with_raw_response(self) -> WithRawResponse:
        """The same methods, giving status and headers too."""
        from .._objects.response import WithRawResponse

        return WithRawResponse(self)

    def estimate(self, *, messages: Any, model: str, **request: Any) -> Estimate:
        """Return what a request can cost at most. See `Messages.estimate`."""
        request.update(model=model, messages=messages)
        return self._sender.estimate("messages", request)

    async def create(self, *, messages: Any, model: str, stream: bool | None = None, **request: Any) -> Any:
        """Ask for an answer: whole, or with `stream=True` as a stream. See `Messages.create`."""
        request.update(model=model, messages=messages)
        if stream:
            return async_message_stream(await self._sender.stream_async("messages", request))
        if stream is not None:
            request["stream"] = stream
        return result(Message, await self._sender.call_async("messages", request))

    async def count_tokens(self, *, messages: Any, model: str, **request: Any) -> TokenCount:
        """Ask how many tokens a prompt has."""
        request.update(model=model, messages=messages)
        return result(TokenCount, await self._sender.call_async("count_tokens", request))

    async def parse(
        self,
        *,
        messages: Any,
        model: str,
        output_format: Any,
        mode: Mode = "json_schema",
        strict: bool | None = None,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = 2,
        **request: Any,
    ) -> Any:
        """Ask for an answer that is an instance of a type: its `parsed`. See `Messages.parse`."""
        from .._structured.plan import Plan, parse_async

        request.update(model=model, messages=messages)
        plan: Plan[Any] = Plan("messages", request, output_format, mode, strict=strict)
        return await parse_async(
            lambda request: self._sender.call_async("messages", request), plan, on_invalid, max_reasks
        )

    def stream(
        self,
        *,
        messages: Any,
        model: str,
        output_format: Any = None,
        mode: Mode = "json_schema",
        strict: bool | None = None,
        **request: Any,
    ) -> Any:
        """Ask for an answer as a stream of events, in a `with`. See `Messages.stream`."""
        request.update(model=model, messages=messages)
        if output_format is None:
            return AsyncStreamManager(lambda: self._sender.stream_async("messages", request), Message)
        from .._structured.plan import Plan
        from .._structured.streams import AsyncParsedStreamManager

        plan: Plan[Any] = Plan("messages", request, output_format, mode, strict=strict)
        return AsyncParsedStreamManager(lambda request: self._sender.stream_async("messages", request), plan)

    def run_tools(
        self,
        *,
        messages: Any,
        model: str,
        tools: Iterable[Runnable],
        max_steps: int = 10,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
        **request: Any,
    ) -> Any:
        """Ask, run the functions that the model calls, tell it their results, and so on until it answers. See `Messages.run_tools`."""
        from .._tools.runner import AsyncToolRunner

        request.update(model=model, messages=messages)
        return AsyncToolRunner(self._sender, "messages", request, tools, max_steps, on_tool_error, tool_timeout)
