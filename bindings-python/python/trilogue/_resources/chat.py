"""`client.chat.completions`.

Law: names what may be given; the core does the rest. What each argument is, and what comes back for which, the stub tells type
checkers and editors: `cargo xtask codegen` writes it. Whatever few programs need is loaded when it is first needed.
"""

from __future__ import annotations

from .._generated.types import ChatCompletion
from .._sender import Resource, result
from .._streaming.stream import AsyncStreamManager, StreamManager, async_chat_stream, chat_stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .._generated.types import Estimate
    from .._objects.response import WithRawResponse
    from .._sender import Sender
    from .._structured.plan import Mode, OnInvalid
    from .._tools.runner import OnToolError
    from .._tools.tool import Runnable


class Chat(Resource):
    """Chat endpoints."""

    def __init__(self, sender: Sender) -> None:
        super().__init__(sender)
        #: Chat completions.
        self.completions = Completions(sender)


class AsyncChat(Resource):
    """Chat endpoints."""

    def __init__(self, sender: Sender) -> None:
        super().__init__(sender)
        #: Chat completions.
        self.completions = AsyncCompletions(sender)


class Completions(Resource):
    """Chat completions."""

    @property
    def with_raw_response(self) -> WithRawResponse:
        """The same methods, giving status and headers too."""
        from .._objects.response import WithRawResponse

        return WithRawResponse(self)

    def estimate(self, *, messages: Any, model: str, **request: Any) -> Estimate:
        """Return what a request can cost at most, by its bytes and `max_tokens`. Sends nothing."""
        request.update(model=model, messages=messages)
        return self._sender.estimate("chat", request)

    def create(self, *, messages: Any, model: str, stream: bool | None = None, **request: Any) -> Any:
        """Ask for an answer: whole, or with `stream=True` as a stream.

        Fields that are not listed go into `extra_body`. `timeout` and its kin are in seconds.
        Raises the errors of `trilogue`, all of them subclasses of `APIError`.

        Args:
            stream: Whether the answer is handed out while it comes.

        """
        request.update(model=model, messages=messages)
        if stream:
            return chat_stream(self._sender.stream("chat", request))
        if stream is not None:
            request["stream"] = stream
        return result(ChatCompletion, self._sender.call("chat", request))

    def parse(
        self,
        *,
        messages: Any,
        model: str,
        response_format: Any,
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
            response_format: A dataclass, TypedDict, pydantic model, msgspec Struct, what typing has for JSON values, or a JSON Schema.
            mode: How to ask: `json_schema`; `json_object`, for endpoints that know no schemas; `tool`, a function that has to be called.
            strict: Hold the model to the schema (default: unless the format says otherwise); what strict mode can't express is an InvalidRequestError.
            on_invalid: Whether an answer that doesn't fit is an InvalidOutputError, or is sent back with what is wrong.
            max_reasks: How often it may be sent back. `tries` has each try's usage.

        """
        from .._structured.plan import Plan, parse

        request.update(model=model, messages=messages)
        plan: Plan[Any] = Plan("chat", request, response_format, mode, strict=strict)
        return parse(lambda request: self._sender.call("chat", request), plan, on_invalid, max_reasks)

    def stream(
        self,
        *,
        messages: Any,
        model: str,
        response_format: Any = None,
        mode: Mode = "json_schema",
        strict: bool | None = None,
        **request: Any,
    ) -> Any:
        """Ask for an answer as a stream of events, in a `with`.

        With a type as `response_format` events have the growing value as `parsed`, the stream has `partial` and `elements`, and the
        final completion `parsed`.

        Args:
            response_format: A format of the API, or a type to read the answer into; see `parse`, also for `mode` and `strict`.

        """
        request.update(model=model, messages=messages)
        if not _is_type(response_format):
            request.update(_wire(response_format))
            return StreamManager(lambda: self._sender.stream("chat", request), ChatCompletion)
        from .._structured.plan import Plan
        from .._structured.streams import ParsedStreamManager

        plan: Plan[Any] = Plan("chat", request, response_format, mode, strict=strict)
        return ParsedStreamManager(lambda request: self._sender.stream("chat", request), plan)

    def run_tools(
        self,
        *,
        messages: Any,
        model: str,
        tools: Iterable[Runnable],
        max_steps: int = 10,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
        reasoning_field: str | None = None,
        **request: Any,
    ) -> Any:
        """Ask, run the functions that the model calls, tell it their results, and so on until it answers.

        Iterate over the runner for the events of every step, or call its `until_done()` for the final completion.

        Args:
            tools: Functions (see `trilogue.tool`); dicts are tools that the provider runs, and go into the request as they are.
            max_steps: How often the model may be asked.
            on_tool_error: Whether the model is told that a function failed, or the run ends.
            tool_timeout: How long a function may take, in seconds; over it the model is told so.
            reasoning_field: The name under which reasoning is sent back; by default the one that the server used.

        """
        from .._tools.runner import ToolRunner

        request.update(model=model, messages=messages)
        request.setdefault("stream_options", {"include_usage": True})
        return ToolRunner(self._sender, "chat", request, tools, max_steps, on_tool_error, tool_timeout, reasoning_field)


class AsyncCompletions(Resource):
    """Chat completions."""

    @property
    def with_raw_response(self) -> WithRawResponse:
        """The same methods, giving status and headers too."""
        from .._objects.response import WithRawResponse

        return WithRawResponse(self)

    def estimate(self, *, messages: Any, model: str, **request: Any) -> Estimate:
        """Return what a request can cost at most. See `Completions.estimate`."""
        request.update(model=model, messages=messages)
        return self._sender.estimate("chat", request)

    async def create(self, *, messages: Any, model: str, stream: bool | None = None, **request: Any) -> Any:
        """Ask for an answer: whole, or with `stream=True` as a stream. See `Completions.create`."""
        request.update(model=model, messages=messages)
        if stream:
            return async_chat_stream(await self._sender.stream_async("chat", request))
        if stream is not None:
            request["stream"] = stream
        return result(ChatCompletion, await self._sender.call_async("chat", request))

    async def parse(
        self,
        *,
        messages: Any,
        model: str,
        response_format: Any,
        mode: Mode = "json_schema",
        strict: bool | None = None,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = 2,
        **request: Any,
    ) -> Any:
        """Ask for an answer that is an instance of a type: its `parsed`. See `Completions.parse`."""
        from .._structured.plan import Plan, parse_async

        request.update(model=model, messages=messages)
        plan: Plan[Any] = Plan("chat", request, response_format, mode, strict=strict)
        return await parse_async(lambda request: self._sender.call_async("chat", request), plan, on_invalid, max_reasks)

    def stream(
        self,
        *,
        messages: Any,
        model: str,
        response_format: Any = None,
        mode: Mode = "json_schema",
        strict: bool | None = None,
        **request: Any,
    ) -> Any:
        """Ask for an answer as a stream of events, in a `with`. See `Completions.stream`."""
        request.update(model=model, messages=messages)
        if not _is_type(response_format):
            request.update(_wire(response_format))
            return AsyncStreamManager(lambda: self._sender.stream_async("chat", request), ChatCompletion)
        from .._structured.plan import Plan
        from .._structured.streams import AsyncParsedStreamManager

        plan: Plan[Any] = Plan("chat", request, response_format, mode, strict=strict)
        return AsyncParsedStreamManager(lambda request: self._sender.stream_async("chat", request), plan)

    def run_tools(
        self,
        *,
        messages: Any,
        model: str,
        tools: Iterable[Runnable],
        max_steps: int = 10,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
        reasoning_field: str | None = None,
        **request: Any,
    ) -> Any:
        """Ask, run the functions that the model calls, tell it their results, and so on until it answers. See `Completions.run_tools`."""
        from .._tools.runner import AsyncToolRunner

        request.update(model=model, messages=messages)
        request.setdefault("stream_options", {"include_usage": True})
        return AsyncToolRunner(
            self._sender, "chat", request, tools, max_steps, on_tool_error, tool_timeout, reasoning_field
        )


def _is_type(response_format: Any) -> bool:
    """Whether this is a type or a schema to read answers into, and not a format of the API."""
    if isinstance(response_format, dict):
        return response_format.get("type") not in ("text", "json_object", "json_schema")
    return response_format is not None


def _wire(response_format: Any) -> dict[str, Any]:
    """Return the arguments for a format of the API: where it is JSON, it is parsed while it streams."""
    is_json = isinstance(response_format, dict) and response_format.get("type") != "text"
    return {"response_format": response_format, "structured": {"root": "object"} if is_json else None}
