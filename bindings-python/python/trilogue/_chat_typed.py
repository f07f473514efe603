"""Chat completions that are read into types, and that call functions.

Law: names what may be given; what it means is `_structured`'s and `_runner`'s matter, which are loaded when they are first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from ._calls import Resource
from ._streaming import AsyncStreamManager, StreamManager
from .types import ChatCompletion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Unpack

    from . import types
    from ._parsed import ParsedChatCompletion
    from ._parsed_streams import AsyncParsedStreamManager, ParsedStreamManager
    from ._runner import AsyncToolRunner, OnToolError, ToolRunner
    from ._structured import Mode, OnInvalid, Plan
    from ._tools import Runnable

    Messages = Iterable[types.MessageParam | Mapping[str, Any]]

T = TypeVar("T")


def _plan(request: dict[str, Any], of: Any, mode: Mode, *, strict: bool) -> Plan[ParsedChatCompletion[Any]]:
    from ._structured import Plan

    return Plan("chat", request, of, mode, strict=strict)


def _is_type(response_format: Any) -> bool:
    """Whether this is a type or a schema to read answers into, and not a format of the API."""
    if isinstance(response_format, dict):
        return response_format.get("type") not in ("text", "json_object", "json_schema")
    return response_format is not None


def _wire(response_format: Any) -> dict[str, Any]:
    """Return the arguments for a format of the API: where it is JSON, it is parsed while it streams."""
    is_json = isinstance(response_format, dict) and response_format.get("type") != "text"
    return {"response_format": response_format, "structured": {"root": "object"} if is_json else None}


class TypedCompletions(Resource):
    """The part of chat completions that knows types."""

    @overload
    def parse(
        self,
        *,
        messages: Messages,
        model: str,
        response_format: type[T],
        mode: Mode = "json_schema",
        strict: bool = True,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = 2,
        **request: Unpack[types.ChatParseOptions],
    ) -> ParsedChatCompletion[T]: ...

    @overload
    def parse(
        self,
        *,
        messages: Messages,
        model: str,
        response_format: Any,
        mode: Mode = "json_schema",
        strict: bool = True,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = 2,
        **request: Unpack[types.ChatParseOptions],
    ) -> ParsedChatCompletion[Any]: ...

    def parse(
        self,
        *,
        messages: Messages,
        model: str,
        response_format: Any,
        mode: Mode = "json_schema",
        strict: bool = True,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = 2,
        **request: Any,
    ) -> ParsedChatCompletion[Any]:
        """Ask for an answer that is an instance of a type: its `parsed`.

        response_format: a dataclass, TypedDict, pydantic model, msgspec Struct, what typing has for JSON values, or a JSON Schema.
        mode: how to ask: `json_schema`; `json_object`, for endpoints that know no schemas; `tool`, a function that has to be called.
        strict: hold the model to the schema; what strict mode can't express is an InvalidRequestError.
        on_invalid: whether an answer that doesn't fit is an InvalidOutputError, or is sent back with what is wrong, at most
            `max_reasks` times. `tries` has each try's usage.

        Raises the errors of `create`; InvalidOutputError; LengthFinishReasonError and ContentFilterFinishReasonError for an answer
        that was cut. All of them carry what came as `partial`.
        """
        from ._structured import parse

        plan = _plan({**request, "model": model, "messages": messages}, response_format, mode, strict=strict)
        return parse(lambda request: self._sender.call("chat", request), plan, on_invalid, max_reasks)

    @overload
    def stream(
        self,
        *,
        messages: Messages,
        model: str,
        response_format: types.ResponseFormatParam | None = None,
        **request: Unpack[types.ChatParseOptions],
    ) -> StreamManager[ChatCompletion]: ...

    @overload
    def stream(
        self,
        *,
        messages: Messages,
        model: str,
        response_format: type[T],
        mode: Mode = "json_schema",
        strict: bool = True,
        **request: Unpack[types.ChatParseOptions],
    ) -> ParsedStreamManager[ParsedChatCompletion[T]]: ...

    @overload
    def stream(
        self,
        *,
        messages: Messages,
        model: str,
        response_format: Any,
        mode: Mode = "json_schema",
        strict: bool = True,
        **request: Unpack[types.ChatParseOptions],
    ) -> Any: ...

    def stream(
        self,
        *,
        messages: Messages,
        model: str,
        response_format: Any = None,
        mode: Mode = "json_schema",
        strict: bool = True,
        **request: Any,
    ) -> StreamManager[ChatCompletion] | ParsedStreamManager[ParsedChatCompletion[Any]]:
        """Ask for an answer as a stream of events, in a `with`.

        With a type as `response_format` (see `parse`) events have the growing value as `parsed`, the stream has `partial` and
        `elements`, and the final completion `parsed`.
        """
        body: dict[str, Any] = {**request, "model": model, "messages": messages}
        if not _is_type(response_format):
            body |= _wire(response_format)
            return StreamManager(lambda: self._sender.stream("chat", body), ChatCompletion)
        from ._parsed_streams import ParsedStreamManager

        plan = _plan(body, response_format, mode, strict=strict)
        return ParsedStreamManager(lambda request: self._sender.stream("chat", request), plan)

    def run_tools(
        self,
        *,
        messages: Messages,
        model: str,
        tools: Iterable[Runnable],
        max_steps: int = 10,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
        **request: Unpack[types.ChatToolOptions],
    ) -> ToolRunner[ChatCompletion]:
        """Ask, run the functions that the model calls, tell it their results, and so on until it answers.

        tools: functions (see `trilogue.tool`); dicts are tools that the provider runs, and go into the request as they are.
        max_steps: how often the model may be asked. on_tool_error: whether it is told that a function failed, or the run ends.
        tool_timeout: how long a function may take, in seconds; over it the model is told so.

        Iterate over the runner for the events of every step, or call its `until_done()` for the final completion.
        """
        from ._runner import ToolRunner

        body: dict[str, Any] = {
            "stream_options": {"include_usage": True},
            **request,
            "model": model,
            "messages": messages,
        }
        return ToolRunner(self._sender, "chat", body, tools, max_steps, on_tool_error, tool_timeout)


class AsyncTypedCompletions(Resource):
    """The part of chat completions that knows types."""

    @overload
    async def parse(
        self,
        *,
        messages: Messages,
        model: str,
        response_format: type[T],
        mode: Mode = "json_schema",
        strict: bool = True,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = 2,
        **request: Unpack[types.ChatParseOptions],
    ) -> ParsedChatCompletion[T]: ...

    @overload
    async def parse(
        self,
        *,
        messages: Messages,
        model: str,
        response_format: Any,
        mode: Mode = "json_schema",
        strict: bool = True,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = 2,
        **request: Unpack[types.ChatParseOptions],
    ) -> ParsedChatCompletion[Any]: ...

    async def parse(
        self,
        *,
        messages: Messages,
        model: str,
        response_format: Any,
        mode: Mode = "json_schema",
        strict: bool = True,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = 2,
        **request: Any,
    ) -> ParsedChatCompletion[Any]:
        """Ask for an answer that is an instance of a type: its `parsed`. See `Completions.parse`."""
        from ._structured import parse_async

        plan = _plan({**request, "model": model, "messages": messages}, response_format, mode, strict=strict)
        return await parse_async(lambda request: self._sender.call_async("chat", request), plan, on_invalid, max_reasks)

    @overload
    def stream(
        self,
        *,
        messages: Messages,
        model: str,
        response_format: types.ResponseFormatParam | None = None,
        **request: Unpack[types.ChatParseOptions],
    ) -> AsyncStreamManager[ChatCompletion]: ...

    @overload
    def stream(
        self,
        *,
        messages: Messages,
        model: str,
        response_format: type[T],
        mode: Mode = "json_schema",
        strict: bool = True,
        **request: Unpack[types.ChatParseOptions],
    ) -> AsyncParsedStreamManager[ParsedChatCompletion[T]]: ...

    @overload
    def stream(
        self,
        *,
        messages: Messages,
        model: str,
        response_format: Any,
        mode: Mode = "json_schema",
        strict: bool = True,
        **request: Unpack[types.ChatParseOptions],
    ) -> Any: ...

    def stream(
        self,
        *,
        messages: Messages,
        model: str,
        response_format: Any = None,
        mode: Mode = "json_schema",
        strict: bool = True,
        **request: Any,
    ) -> AsyncStreamManager[ChatCompletion] | AsyncParsedStreamManager[ParsedChatCompletion[Any]]:
        """Ask for an answer as a stream of events, in an `async with`. See `Completions.stream`."""
        body: dict[str, Any] = {**request, "model": model, "messages": messages}
        if not _is_type(response_format):
            body |= _wire(response_format)
            return AsyncStreamManager(lambda: self._sender.stream_async("chat", body), ChatCompletion)
        from ._parsed_streams import AsyncParsedStreamManager

        plan = _plan(body, response_format, mode, strict=strict)
        return AsyncParsedStreamManager(lambda request: self._sender.stream_async("chat", request), plan)

    def run_tools(
        self,
        *,
        messages: Messages,
        model: str,
        tools: Iterable[Runnable],
        max_steps: int = 10,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
        **request: Unpack[types.ChatToolOptions],
    ) -> AsyncToolRunner[ChatCompletion]:
        """Ask, run the functions that the model calls, tell it their results, and so on until it answers. See `Completions.run_tools`."""
        from ._runner import AsyncToolRunner

        body: dict[str, Any] = {
            "stream_options": {"include_usage": True},
            **request,
            "model": model,
            "messages": messages,
        }
        return AsyncToolRunner(self._sender, "chat", body, tools, max_steps, on_tool_error, tool_timeout)
