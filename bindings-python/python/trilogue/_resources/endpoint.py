"""The methods that `chat.completions` and `messages` share.

Each behaviour is written once, as a coroutine, for both formats and both clients: `Format` describes the differences between the formats,
and a blocking client's sender never suspends. Signatures with every argument are in the generated stubs of `chat.py` and `messages.py`. Parts
that few programs need are imported at first use.
"""

from __future__ import annotations

from .._generated.constants import MAX_REASKS, MAX_STEPS, WIRE_FORMATS
from .._sender import is_given, result_of, run_blocking
from .._streaming.managers import AsyncStreamManager, StreamManager
from .._streaming.stream import STREAM_EVENT, AsyncStream, Stream
from .views import ResponseViews

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, ClassVar, Literal

    from .._generated.types import Estimate
    from .._structured.plan import Mode, OnInvalid
    from .._tools.runner import OnToolError
    from .._tools.tool import Runnable


class Format:
    """The properties in which the two formats differ."""

    def __init__(self, endpoint: Literal["chat", "messages"], reply: Any, item: Any, output_argument: str) -> None:
        self.endpoint: Literal["chat", "messages"] = endpoint
        #: Class of replies.
        self.reply = reply
        #: Class of the items of streams.
        self.item = item
        #: Name of the argument with the type of the answer. In chat completions it may also be a format of the API.
        self.output_argument = output_argument

    def check_output_name(self, request: dict[str, Any]) -> None:
        """Raise TypeError for a type under the name of the argument that the other format has."""
        other = "output_format" if self.endpoint == "chat" else "response_format"
        if is_given(request.get(other)) and not isinstance(request[other], dict):
            owner = "chat.completions" if self.endpoint == "chat" else "messages"
            message = f"{owner} takes the type of the answer as {self.output_argument}, not as {other}"
            raise TypeError(message)


def send_betas(request: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a request with `betas` as a header."""
    betas = request.pop("betas", None)
    if is_given(betas):
        request["extra_headers"] = {"anthropic-beta": ",".join(betas), **(request.get("extra_headers") or {})}
    return request


def strict_functions(tools: Any) -> dict[str, Any]:
    """Return the definitions of the functions with `strict`, by name: in chat completions the arguments of their calls are parsed."""
    if not isinstance(tools, (list, tuple)):
        return {}
    definitions = [tool.get("function") for tool in tools if hasattr(tool, "keys")]
    return {definition["name"]: definition for definition in definitions if definition and definition.get("strict")}


class Endpoint(ResponseViews):
    """The methods of one format, for either client."""

    _format: ClassVar[Format]
    _stream_kind: ClassVar[type[Stream[Any, Any] | AsyncStream[Any, Any]]]
    _manager_kind: ClassVar[type[StreamManager[Any] | AsyncStreamManager[Any]]]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Raise the error of a member that only the official clients have."""
            from .unsupported import missing

            raise missing("client.chat.completions" if self._format.endpoint == "chat" else "client.messages", name)

    @staticmethod
    def _adapt(request: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of a request after replacing those that only the official clients have."""
        return request

    def estimate(self, *, messages: Any, model: str, **request: Any) -> Estimate:
        """Return the highest possible cost of a request, by its size and `max_tokens`. Sends nothing."""
        request.update(model=model, messages=messages)
        return self._sender.estimate(self._format.endpoint, self._adapt(request))

    def stream(
        self, *, messages: Any, model: str, mode: Mode = "json_schema", strict: bool | None = None, **request: Any
    ) -> Any:
        """Request an answer as a stream of events, opened by `with`.

        If `response_format` is a type, events have the growing value as `parsed`, the stream has `partial` and `elements`, and the final
        completion has `parsed`.

        Args:
            response_format: A type to read the answer into, as in `parse`; chat completions also take a format of the API.
            mode: How the answer's JSON is requested; see `parse`.
            strict: Whether the model is held to the schema; see `parse`.

        """
        request.update(model=model, messages=messages)
        request = self._adapt(request)
        output = self._pop_output(request)
        if output is None:
            return self._manager_kind(lambda: self._open(request))
        from .._structured.plan import Plan
        from .._structured.streams import AsyncParsedStream, ParsedStream

        kind = ParsedStream if self._stream_kind is Stream else AsyncParsedStream
        plan: Plan[Any] = Plan(self._format.endpoint, request, output, mode, strict=strict)

        async def opened() -> Any:
            native = await self._sender.stream(self._format.endpoint, plan.streamed)
            return self._with_functions(request, kind, lambda kind: kind(native, plan))

        return self._manager_kind(opened)

    def run_tools(
        self,
        *,
        messages: Any,
        model: str,
        tools: Iterable[Runnable],
        max_steps: int = MAX_STEPS,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
        **request: Any,
    ) -> Any:
        """Request an answer, run the functions that the model calls, send their results, and repeat until the model answers.

        Iterate over the runner for the events of every step, or call its `until_done()` for the final completion.

        Args:
            tools: Functions (see `trilogue.tool`). Dicts are tools that the provider runs, and are sent unchanged.
            max_steps: The highest number of requests.
            on_tool_error: `return` sends the error of a function to the model; `raise` ends the run with it.
            tool_timeout: The longest time that a function may take, in seconds; after it the model receives an error as the result.
            reasoning_field: The name under which reasoning is sent back; by default the name that the server used.

        """
        from .._tools.run import RequestRun
        from .._tools.runner import AsyncToolRunner, ToolRunner

        request.update(model=model, messages=messages)
        request = self._adapt(request)
        endpoint = self._format.endpoint
        reasoning_field = request.pop("reasoning_field", None) if endpoint == "chat" else None
        run = RequestRun(endpoint, request, tools, max_steps, on_tool_error, tool_timeout, reasoning_field)
        kind = ToolRunner if self._stream_kind is Stream else AsyncToolRunner
        return kind(self._sender, run)

    async def _create(self, messages: Any, model: str, stream: bool | None, request: dict[str, Any]) -> Any:  # noqa: FBT001
        form = self._format
        request.update(model=model, messages=messages)
        request = self._adapt(request)
        if stream:
            return self._stream_kind(await self._sender.stream(form.endpoint, request), form.item, form.reply)
        if is_given(stream):
            request["stream"] = stream
        return result_of(form.reply, await self._sender.call(form.endpoint, request))

    async def _open(self, request: dict[str, Any]) -> Any:
        native = await self._sender.stream(self._format.endpoint, request)
        reply = self._format.reply
        if self._strict_functions(request):
            from .._structured.plan import ANSWERS

            reply = ANSWERS[self._format.endpoint]
        return self._with_functions(
            request, self._stream_kind, lambda kind: kind(native, STREAM_EVENT, reply, "helper")
        )

    def _strict_functions(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the functions of a request whose arguments are parsed: in chat completions, as in the official client."""
        return strict_functions(request.get("tools")) if self._format.endpoint == "chat" else {}

    def _with_functions(self, request: dict[str, Any], kind: Any, make: Callable[[Any], Any]) -> Any:
        """Make a stream; one that parses the arguments of tool calls if the request has functions for it."""
        functions = self._strict_functions(request)
        if not functions:
            return make(kind)
        from .function_tools import FunctionTools, tool_reading

        stream = make(tool_reading(kind))
        stream.functions = FunctionTools(functions)
        return stream

    async def _parse(
        self,
        messages: Any,
        model: str,
        mode: Mode,
        strict: bool | None,  # noqa: FBT001
        on_invalid: OnInvalid,
        max_reasks: int,
        request: dict[str, Any],
    ) -> Any:
        from .._structured.plan import ANSWERS, Plan, parse

        form = self._format
        request.update(model=model, messages=messages)
        request = self._adapt(request)
        tools = list(request["tools"]) if is_given(request.get("tools")) else None
        request.update(tools=tools)
        output = request.pop(form.output_argument, None)
        form.check_output_name(request)
        if is_given(output):
            plan: Plan[Any] = Plan(form.endpoint, request, output, mode, strict=strict)
            answer = await parse(self._sender, plan, on_invalid, max_reasks)
        else:
            answer = result_of(ANSWERS[form.endpoint], await self._sender.call(form.endpoint, request))
        functions = self._strict_functions({"tools": tools})
        if functions:
            from .function_tools import FunctionTools

            FunctionTools(functions).set_arguments(answer)
        return answer

    def _pop_output(self, request: dict[str, Any]) -> Any:
        """Remove the type of the answer from the arguments, and return it; a format of the API stays."""
        output = request.pop(self._format.output_argument, None)
        self._format.check_output_name(request)
        if not is_given(output):
            return None
        if self._format.endpoint != "chat" or not isinstance(output, dict):
            return output
        kind = output.get("type")
        if kind not in WIRE_FORMATS:
            return output
        request["response_format"] = output
        if kind != "text":
            request["structured"] = {"root": "object"}
        return None


class BlockingEndpoint(Endpoint):
    """The methods of a `Client`."""

    _stream_kind = Stream
    _manager_kind = StreamManager

    def create(self, *, messages: Any, model: str, stream: bool | None = None, **request: Any) -> Any:
        """Request an answer, or with `stream=True` a stream.

        Fields that are not listed go into `extra_body`. `timeout` and the other time limits are in seconds.
        Raises the errors of `trilogue`, all of them subclasses of `APIError`.

        Args:
            stream: Whether the answer is streamed.

        """
        return run_blocking(self._create(messages, model, stream, request))

    def parse(
        self,
        *,
        messages: Any,
        model: str,
        mode: Mode = "json_schema",
        strict: bool | None = None,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = MAX_REASKS,
        **request: Any,
    ) -> Any:
        """Request an answer that is an instance of a type: its `parsed`.

        Raises the errors of `create`; InvalidOutputError; LengthFinishReasonError and ContentFilterFinishReasonError for an answer
        that was cut off. All of them have the answer so far as `partial`.

        Args:
            response_format: A dataclass, TypedDict, pydantic model, msgspec Struct, a type of `typing` for JSON values, or a JSON Schema.
                In `messages` this argument is called `output_format`.
            mode: How JSON is requested: `json_schema`; `json_object`, for endpoints without schemas; `tool`, a function that has to be called.
            strict: Whether the model is held to the schema (default: true, unless the format says otherwise); a schema that strict mode can't express is an InvalidRequestError.
            on_invalid: `raise` raises InvalidOutputError for an answer that doesn't fit; `reask` sends it back with its problems.
            max_reasks: How often an answer may be sent back. `tries` has the usage of each try.

        """
        return run_blocking(self._parse(messages, model, mode, strict, on_invalid, max_reasks, request))


class AsyncEndpoint(Endpoint):
    """The methods of an `AsyncClient`."""

    _stream_kind = AsyncStream
    _manager_kind = AsyncStreamManager

    async def create(self, *, messages: Any, model: str, stream: bool | None = None, **request: Any) -> Any:
        """Request an answer, or with `stream=True` a stream. See `BlockingEndpoint.create`."""
        return await self._create(messages, model, stream, request)

    async def parse(
        self,
        *,
        messages: Any,
        model: str,
        mode: Mode = "json_schema",
        strict: bool | None = None,
        on_invalid: OnInvalid = "raise",
        max_reasks: int = MAX_REASKS,
        **request: Any,
    ) -> Any:
        """Request an answer that is an instance of a type: its `parsed`. See `BlockingEndpoint.parse`."""
        return await self._parse(messages, model, mode, strict, on_invalid, max_reasks, request)
