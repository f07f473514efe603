"""`beta_tool` and the runner of `client.beta.messages.tool_runner`, with the members that anthropic's have.

The runner yields the message of each step, where `run_tools` yields events. Both share the core's tool run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from .._generated.types import Message
from .._objects.kinds import StreamEvent
from .._sender import result_of, run_blocking
from .._streaming.stream import STREAM_EVENT, AsyncStream, Stream
from .functions import run_to_end
from .run import RequestRun
from .tool import Tool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from .._generated.operations import Outcome
    from .._sender import Sender
    from .run import BoundCall

F = TypeVar("F", bound="Callable[..., Any]")
#: A `Message`, or with `stream=True` its stream.
Item = TypeVar("Item")

#: The limit of a run without `max_iterations`.
_UNLIMITED = 1 << 30


#: The result of a function: a text, or content blocks.
BetaFunctionToolResultType: TypeAlias = str | Iterable[Mapping[str, Any]]


class ToolError(Exception):
    """An error of a function whose text or content blocks the model receives."""

    def __init__(self, content: BetaFunctionToolResultType) -> None:
        super().__init__(content)
        #: The text, or the content blocks.
        self.content = content


class BetaFunctionTool(Tool[F]):
    """A function as a tool of messages. Calling it calls the function."""

    #: Fields of the definition besides its name, description and schema.
    _more: dict[str, Any]

    @property
    def input_schema(self) -> dict[str, Any]:
        """The JSON Schema of the arguments."""
        schema: dict[str, Any] | None = self.__dict__.get("_schema")
        return self.parameters if schema is None else schema

    def definition(self) -> dict[str, Any]:
        """Return the definition of the tool, for the core."""
        return {**super().definition(), "parameters": self.input_schema}

    def to_dict(self) -> dict[str, Any]:
        """Return the tool as a request has it."""
        return {
            "name": self.name,
            "description": self.description,
            "input_schema": self.input_schema,
            **self.__dict__.get("_more", {}),
        }

    def call(self, input: Mapping[str, Any]) -> Any:
        """Call the function with the arguments of a `tool_use` block. Raises ValueError if they don't fit its signature."""
        from .._schema.shape import MisfitError

        try:
            return self.bound(dict(input))()
        except MisfitError as error:
            message = f"Invalid arguments for function {self.name}: {error}"
            raise ValueError(message) from error


def beta_tool(
    func: Any = None,
    *,
    name: str | None = None,
    description: str | None = None,
    input_schema: Any = None,
    strict: bool | None = None,
    **more: Any,
) -> Any:
    """Make a function a tool of messages: `@beta_tool`, or with arguments `@beta_tool(name="search")`. See `trilogue.tool`.

    input_schema: the JSON Schema of the arguments, or a pydantic model with one; by default that of the signature. Other arguments, such as
    `cache_control`, are fields of the tool in requests.
    """

    def make_tool(function: Any) -> BetaFunctionTool[Any]:
        tool: BetaFunctionTool[Any] = BetaFunctionTool(function, name, description, strict=strict)
        if input_schema is not None:
            has_schema = hasattr(input_schema, "model_json_schema")
            tool.__dict__["_schema"] = input_schema.model_json_schema() if has_schema else dict(input_schema)
        tool.__dict__["_more"] = more if strict is None else {**more, "strict": strict}
        return tool

    return make_tool if func is None else make_tool(func)


#: Functions of either kind are accepted.
beta_async_tool = beta_tool


class _Run(RequestRun):
    """A run whose functions may return content blocks, and whose request the program may change."""

    def add_fields(self) -> None:
        """Add the fields of the tools that the core does not know, such as `defer_loading`, to the request."""
        for definition in self._request.get("tools", ()):
            tool = self._functions.get(definition.get("name"))
            definition.update({} if tool is None else tool.__dict__.get("_more", {}))

    def _to_content(self, result: Any) -> Any:
        """Return a function's result as the model reads it: content blocks, or a text."""
        return result if _is_content(result) else super()._to_content(result)

    def finish(self, call: BoundCall, result: Callable[[], Any] | None) -> tuple[Outcome, Any]:
        """Return the outcome of a call and its event. Content blocks are sent as they are: of the result, or of an error's `content`."""
        if result is not None:
            outcome: Any = {"id": call.call["id"], "name": call.call["name"], "is_error": False}
            try:
                value = result()
            except Exception as error:
                content = getattr(error, "content", None)
                outcome.update(content=repr(error) if content is None else content, is_error=True)
            else:
                if isinstance(value, str):
                    return super().finish(call, lambda: value)
                outcome["content"] = value
            return outcome, StreamEvent({"type": "tool.done"})
        return super().finish(call, result)


def _is_content(value: Any) -> bool:
    """Return whether a result is a list of content blocks."""
    return (
        isinstance(value, list) and bool(value) and all(hasattr(block, "keys") and "type" in block for block in value)
    )


class _Runner(Generic[Item]):
    """Members that both runners share."""

    #: The class of the streams of messages.
    _stream_class: type[Stream[Any, Any] | AsyncStream[Any, Any]]

    def __init__(
        self,
        sender: Sender,
        request: dict[str, Any],
        tools: Iterable[Any],
        *,
        max_iterations: int | None,
        stream: bool,
    ) -> None:
        self._sender = sender
        self._run = _Run("messages", request, tools, _UNLIMITED, "return", None)
        self._run.add_fields()
        self._left = _UNLIMITED if max_iterations is None else max_iterations
        self._streams = stream
        #: The last message, and whether its calls were answered.
        self._last: Message | None = None
        self._is_answered = True
        self._response: Any = None

    def append_messages(self, *messages: Any) -> None:
        """Add messages to the conversation. After this the program itself adds the last message and the results of its calls."""
        added = [message.to_param() if hasattr(message, "to_param") else message for message in messages]
        self._run._request["messages"] = [*self._run._request["messages"], *added]
        self._is_answered, self._response = True, None

    def set_messages_params(self, params: Any) -> None:
        """Replace the arguments of the next request: by a dict, or by what a function of the current ones returns."""
        current = {name: value for name, value in self._run._request.items() if name != "tools"}
        replaced: Any = params(current) if callable(params) else params
        changed: dict[str, Any] = dict(replaced)
        changed.pop("tools", None)
        if changed.get("messages") != current["messages"]:
            self._is_answered, self._response = True, None
        tools = {"tools": self._run._request["tools"]} if "tools" in self._run._request else {}
        self._run._request = {**changed, **tools}

    def _next_is_due(self) -> bool:
        """Return whether another request follows the last message."""
        return self._left > 0 and (self._last is None or not self._run.is_done)

    async def _open(self) -> Any:
        """Send the next request. Returns its message, or its stream."""
        self._left -= 1
        step = self._run.next_step()
        endpoint, request = step["endpoint"], step["request"]
        trace = self._run.trace
        if self._streams:
            native = await self._sender.stream(endpoint, request, trace)
            return self._stream_class(native, STREAM_EVENT, Message, "helper")
        return result_of(Message, await self._sender.call(endpoint, request, trace))

    def _take(self, message: Message) -> None:
        self._last, self._is_answered, self._response = message, False, None

    async def _answer(self) -> Any:
        """Run the calls of the last message, once. Returns the message with their results; `None` if there are no calls."""
        if self._is_answered or self._last is None:
            return self._response
        self._is_answered = True
        step = self._run.take(self._last)
        outcomes = []
        for call in step["calls"]:
            bound = self._run.bind(call)
            result = None if bound.function is None else await self._result(bound)
            outcomes.append(self._run.finish(bound, result)[0])
        if not self._run.is_done:
            self._run.answer(outcomes)
        if outcomes:
            self._response = self._run.messages[-1]
        return self._response

    async def _result(self, call: BoundCall) -> Callable[[], Any]:
        """Run a function. Returns a function that returns its result or raises its error."""
        raise NotImplementedError

    def _final(self) -> Message:
        if self._last is None:
            message = "the run ended before the first message"
            raise RuntimeError(message)
        return self._last


class ToolMessageRunner(_Runner[Item]):
    """A tool run: iterate over the message of each step, or call `until_done()`."""

    _stream_class = Stream
    _items: Iterator[Item] | None = None

    def __iter__(self) -> Iterator[Item]:
        self._items = self._items or self._steps()
        return self._items

    def __next__(self) -> Item:
        return next(iter(self))

    def _steps(self) -> Iterator[Item]:
        while self._next_is_due():
            item = run_blocking(self._open())
            if self._streams:
                with item:
                    yield item
                    self._take(item.get_final_completion())
            else:
                self._take(item)
                yield item
            run_blocking(self._answer())

    async def _result(self, call: BoundCall) -> Callable[[], Any]:
        function: Any = call.function
        return partial(run_to_end, function)

    def generate_tool_call_response(self) -> Any:
        """Run the calls of the last message, unless that was done. Returns the message with their results; `None` without calls."""
        return run_blocking(self._answer())

    def until_done(self) -> Message:
        """Run to the end and return the last message."""
        for _ in self:
            pass
        return self._final()


def _raise(error: BaseException) -> Any:
    raise error


class AsyncToolMessageRunner(_Runner[Item]):
    """A tool run: iterate over the message of each step with `async for`, or await `until_done()`."""

    _stream_class = AsyncStream
    _items: AsyncIterator[Item] | None = None

    def __aiter__(self) -> AsyncIterator[Item]:
        self._items = self._items or self._steps()
        return self._items

    async def __anext__(self) -> Item:
        return await self.__aiter__().__anext__()

    async def _steps(self) -> AsyncIterator[Item]:
        while self._next_is_due():
            item = await self._open()
            if self._streams:
                async with item:
                    yield item
                    self._take(await item.get_final_completion())
            else:
                self._take(item)
                yield item
            await self._answer()

    async def _result(self, call: BoundCall) -> Callable[[], Any]:
        function: Any = call.function
        try:
            value = function()
            value = await value if hasattr(value, "__await__") else value
        except Exception as error:
            return partial(_raise, error)
        return lambda: value

    async def generate_tool_call_response(self) -> Any:
        """Run the calls of the last message, unless that was done. Returns the message with their results; `None` without calls."""
        return await self._answer()

    async def until_done(self) -> Message:
        """Run to the end and return the last message."""
        async for _ in self:
            pass
        return self._final()
