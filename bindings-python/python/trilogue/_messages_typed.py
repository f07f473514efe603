"""Messages that are read into types, and that call functions.

Law: names what may be given; what it means is `_structured`'s and `_runner`'s matter, which are loaded when they are first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from ._calls import Resource
from ._streaming import AsyncStreamManager, StreamManager
from .types import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Unpack

    from . import types
    from ._parsed import ParsedMessage
    from ._parsed_streams import AsyncParsedStreamManager, ParsedStreamManager
    from ._runner import AsyncToolRunner, OnToolError, ToolRunner
    from ._structured import Mode, OnInvalid, Plan
    from ._tools import Runnable

    Inputs = Iterable[types.InputMessageParam | Mapping[str, Any]]

T = TypeVar("T")


def _plan(request: dict[str, Any], of: Any, mode: Mode, *, strict: bool) -> Plan[ParsedMessage[Any]]:
    from ._structured import Plan

    return Plan("messages", request, of, mode, strict=strict)


class TypedMessages(Resource):
    """The part of messages that knows types."""

    @overload
    def parse(
        self,
        *,
        messages: Inputs,
        model: str,
        output_format: type[T],
        mode: Mode = "json_schema",
        strict: bool = True,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = 2,
        **request: Unpack[types.MessagesOptions],
    ) -> ParsedMessage[T]: ...

    @overload
    def parse(
        self,
        *,
        messages: Inputs,
        model: str,
        output_format: Any,
        mode: Mode = "json_schema",
        strict: bool = True,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = 2,
        **request: Unpack[types.MessagesOptions],
    ) -> ParsedMessage[Any]: ...

    def parse(
        self,
        *,
        messages: Inputs,
        model: str,
        output_format: Any,
        mode: Mode = "json_schema",
        strict: bool = True,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = 2,
        **request: Any,
    ) -> ParsedMessage[Any]:
        """Ask for an answer that is an instance of a type: its `parsed`.

        output_format: a dataclass, TypedDict, pydantic model, msgspec Struct, what typing has for JSON values, or a JSON Schema.
        mode: how to ask: `json_schema`; `json_object`, for endpoints that know no schemas; `tool`, a function that has to be called.
        strict: hold the model to the schema; what strict mode can't express is an InvalidRequestError.
        on_invalid: whether an answer that doesn't fit is an InvalidOutputError, or is sent back with what is wrong, at most
            `max_reasks` times. `tries` has each try's usage.

        Raises the errors of `create`; InvalidOutputError; LengthFinishReasonError and ContentFilterFinishReasonError for an answer
        that was cut. All of them carry what came as `partial`.
        """
        from ._structured import parse

        plan = _plan({**request, "model": model, "messages": messages}, output_format, mode, strict=strict)
        return parse(lambda request: self._sender.call("messages", request), plan, on_invalid, max_reasks)

    @overload
    def stream(
        self,
        *,
        messages: Inputs,
        model: str,
        output_format: None = None,
        **request: Unpack[types.MessagesOptions],
    ) -> StreamManager[Message]: ...

    @overload
    def stream(
        self,
        *,
        messages: Inputs,
        model: str,
        output_format: type[T],
        mode: Mode = "json_schema",
        strict: bool = True,
        **request: Unpack[types.MessagesOptions],
    ) -> ParsedStreamManager[ParsedMessage[T]]: ...

    @overload
    def stream(
        self,
        *,
        messages: Inputs,
        model: str,
        output_format: Any,
        mode: Mode = "json_schema",
        strict: bool = True,
        **request: Unpack[types.MessagesOptions],
    ) -> Any: ...

    def stream(
        self,
        *,
        messages: Inputs,
        model: str,
        output_format: Any = None,
        mode: Mode = "json_schema",
        strict: bool = True,
        **request: Any,
    ) -> StreamManager[Message] | ParsedStreamManager[ParsedMessage[Any]]:
        """Ask for an answer as a stream of events, in a `with`.

        With a type as `output_format` (see `parse`) events have the growing value as `parsed`, the stream has `partial` and
        `elements`, and the final message `parsed`.
        """
        body: dict[str, Any] = {**request, "model": model, "messages": messages}
        if output_format is None:
            return StreamManager(lambda: self._sender.stream("messages", body), Message)
        from ._parsed_streams import ParsedStreamManager

        plan = _plan(body, output_format, mode, strict=strict)
        return ParsedStreamManager(lambda request: self._sender.stream("messages", request), plan)

    def run_tools(
        self,
        *,
        messages: Inputs,
        model: str,
        tools: Iterable[Runnable],
        max_steps: int = 10,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
        **request: Unpack[types.MessagesToolOptions],
    ) -> ToolRunner[Message]:
        """Ask, run the functions that the model calls, tell it their results, and so on until it answers.

        tools: functions (see `trilogue.tool`); dicts are tools that the provider runs, and go into the request as they are.
        max_steps: how often the model may be asked. on_tool_error: whether it is told that a function failed, or the run ends.
        tool_timeout: how long a function may take, in seconds; over it the model is told so.

        Iterate over the runner for the events of every step, or call its `until_done()` for the final message.
        """
        from ._runner import ToolRunner

        body: dict[str, Any] = {**request, "model": model, "messages": messages}
        return ToolRunner(self._sender, "messages", body, tools, max_steps, on_tool_error, tool_timeout)


class AsyncTypedMessages(Resource):
    """The part of messages that knows types."""

    @overload
    async def parse(
        self,
        *,
        messages: Inputs,
        model: str,
        output_format: type[T],
        mode: Mode = "json_schema",
        strict: bool = True,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = 2,
        **request: Unpack[types.MessagesOptions],
    ) -> ParsedMessage[T]: ...

    @overload
    async def parse(
        self,
        *,
        messages: Inputs,
        model: str,
        output_format: Any,
        mode: Mode = "json_schema",
        strict: bool = True,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = 2,
        **request: Unpack[types.MessagesOptions],
    ) -> ParsedMessage[Any]: ...

    async def parse(
        self,
        *,
        messages: Inputs,
        model: str,
        output_format: Any,
        mode: Mode = "json_schema",
        strict: bool = True,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = 2,
        **request: Any,
    ) -> ParsedMessage[Any]:
        """Ask for an answer that is an instance of a type: its `parsed`. See `Messages.parse`."""
        from ._structured import parse_async

        plan = _plan({**request, "model": model, "messages": messages}, output_format, mode, strict=strict)
        return await parse_async(
            lambda request: self._sender.call_async("messages", request), plan, on_invalid, max_reasks
        )

    @overload
    def stream(
        self,
        *,
        messages: Inputs,
        model: str,
        output_format: None = None,
        **request: Unpack[types.MessagesOptions],
    ) -> AsyncStreamManager[Message]: ...

    @overload
    def stream(
        self,
        *,
        messages: Inputs,
        model: str,
        output_format: type[T],
        mode: Mode = "json_schema",
        strict: bool = True,
        **request: Unpack[types.MessagesOptions],
    ) -> AsyncParsedStreamManager[ParsedMessage[T]]: ...

    @overload
    def stream(
        self,
        *,
        messages: Inputs,
        model: str,
        output_format: Any,
        mode: Mode = "json_schema",
        strict: bool = True,
        **request: Unpack[types.MessagesOptions],
    ) -> Any: ...

    def stream(
        self,
        *,
        messages: Inputs,
        model: str,
        output_format: Any = None,
        mode: Mode = "json_schema",
        strict: bool = True,
        **request: Any,
    ) -> AsyncStreamManager[Message] | AsyncParsedStreamManager[ParsedMessage[Any]]:
        """Ask for an answer as a stream of events, in an `async with`. See `Messages.stream`."""
        body: dict[str, Any] = {**request, "model": model, "messages": messages}
        if output_format is None:
            return AsyncStreamManager(lambda: self._sender.stream_async("messages", body), Message)
        from ._parsed_streams import AsyncParsedStreamManager

        plan = _plan(body, output_format, mode, strict=strict)
        return AsyncParsedStreamManager(lambda request: self._sender.stream_async("messages", request), plan)

    def run_tools(
        self,
        *,
        messages: Inputs,
        model: str,
        tools: Iterable[Runnable],
        max_steps: int = 10,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
        **request: Unpack[types.MessagesToolOptions],
    ) -> AsyncToolRunner[Message]:
        """Ask, run the functions that the model calls, tell it their results, and so on until it answers. See `Messages.run_tools`."""
        from ._runner import AsyncToolRunner

        body: dict[str, Any] = {**request, "model": model, "messages": messages}
        return AsyncToolRunner(self._sender, "messages", body, tools, max_steps, on_tool_error, tool_timeout)
