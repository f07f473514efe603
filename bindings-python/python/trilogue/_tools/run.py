"""The state of a tool run, for either client.

The core decides what follows each reply, and writes the texts that the model reads (`core/src/tools/run.rs`). This module matches the calls with
functions. `runner.py` sends the requests and runs the functions; `_conversation/run.py` has the run of a conversation.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from .._generated.errors import ToolRunError
from .._generated.operations import operation
from .._generated.types import ChatCompletion, Message
from .._objects.kinds import StreamEvent
from .._observability.run_trace import RunTrace
from .._schema.shape import MisfitError
from .._sender import list_of, split
from .tool import Tool, text_of, tool_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Literal

    from .._generated.operations import Outcome
    from .._streaming.stream import AsyncStream
    from .runner import OnToolError

#: The classes of replies, by endpoint.
REPLIES: dict[str, type[Any]] = {"chat": ChatCompletion, "messages": Message}


class BoundCall(NamedTuple):
    """A call of the model, with the function that makes it."""

    call: Any
    #: Makes the call; `None` if the call can't be made.
    function: Callable[[], Any] | None = None
    is_async: bool = False
    #: The problems of the arguments, for the core.
    problems: list[Any] | None = None


class BaseRun:
    """A run: its functions, and the replies so far. Subclasses have the messages."""

    def __init__(
        self, tools: Iterable[Any], max_steps: int, on_tool_error: OnToolError, tool_timeout: float | None
    ) -> None:
        if on_tool_error not in ("return", "raise"):
            message = f'on_tool_error is {on_tool_error!r}, but must be "return" or "raise"'
            raise ValueError(message)
        listed = list_of("tools", tools)
        functions = [tool_of(tool) for tool in listed if not hasattr(tool, "keys")]
        self._functions: dict[str, Tool[Any]] = {tool.name: tool for tool in functions}
        self._definitions: list[Any] = [tool.definition() for tool in functions]
        self._provided = [tool for tool in listed if hasattr(tool, "keys")]
        self._max_steps = max_steps
        self._on_tool_error: OnToolError = on_tool_error
        #: The time limit of a function, in seconds.
        self.timeout = tool_timeout
        #: The tokens of each step, if the server reported them.
        self.usage: list[Any] = []
        #: The last reply.
        self.reply: Any = None
        self.is_done = False
        self.trace = RunTrace()

    @property
    def messages(self) -> list[Any]:
        """The messages so far."""
        raise NotImplementedError

    def next_step(self) -> Any:
        """Return the next step: a request of an endpoint, or calls that need results."""
        raise NotImplementedError

    def _take(self, reply: dict[str, Any]) -> Any:
        """Pass a reply to the core, and return its decision."""
        raise NotImplementedError

    def answer(self, results: list[Outcome]) -> None:
        """Add the results of the last reply's calls."""
        raise NotImplementedError

    def begin(self) -> None:
        """Prepare the first step."""

    def end(self) -> None:
        """Clean up after the last step, also of a run that is left early."""

    def keep_partial(self, stream: AsyncStream[Any, Any], error: BaseException) -> None:
        """Handle a stream that ended early."""

    def take(self, reply: Any) -> Any:
        """Take a reply, and return its calls. Raises ToolRunError after the last step that the run may take."""
        self.reply = reply
        self.usage.append(reply.usage)
        try:
            step = self._take(reply._data)
        except ToolRunError as error:
            error.tries = self.usage
            raise
        self.is_done = step["next"] == "done"
        return step

    def bind(self, call: Any) -> BoundCall:
        """Convert the arguments of a call."""
        tool, arguments = self._functions.get(call["name"]), call.get("arguments")
        if tool is None or arguments is None:
            return BoundCall(call)
        from inspect import iscoroutinefunction

        try:
            function = tool.bound(arguments)
        except MisfitError as error:
            return BoundCall(call, problems=error.to_json())
        converted = partial(_call, function, self._to_content)
        return BoundCall(call, self.trace.bind(call, converted), iscoroutinefunction(tool.function))

    def _to_content(self, result: Any) -> Any:
        """Return a function's result as the model reads it."""
        return text_of(result)

    def finish(self, call: BoundCall, result: Callable[[], Any] | None) -> tuple[Outcome, Any]:
        """Return the outcome of a call and its event. `result` returns what the model reads, or raises; `None` after the time limit."""
        end: dict[str, Any] = {"problems": call.problems}
        cause = None
        if call.function is not None and result is None:
            end = {"seconds": self.timeout}
        elif result is not None:
            try:
                end = {"result": result()}
            except Exception as error:
                cause = error
                end = {"failure": f"{type(error).__name__}: {error}"}
        try:
            finished = operation("finish_call", call=call.call, on_tool_error=self._on_tool_error, **end)
        except ToolRunError as error:
            error.partial, error.tries = self.reply, self.usage
            raise error from cause
        return finished["outcome"], StreamEvent(finished["event"])


def _call(function: Callable[[], Any], convert: Callable[[Any], Any]) -> Any:
    """Call a function, and convert its result once, since it may be an iterator. Returns an awaitable for an asynchronous function."""
    value = function()
    if not hasattr(value, "__await__"):
        return convert(value)

    async def awaited() -> Any:
        return convert(await value)

    return awaited()


class RequestRun(BaseRun):
    """A run that starts with the arguments of a request."""

    def __init__(
        self,
        endpoint: Literal["chat", "messages"],
        request: Mapping[str, Any],
        tools: Iterable[Any],
        max_steps: int,
        on_tool_error: OnToolError,
        tool_timeout: float | None,
        reasoning_field: str | None = None,
    ) -> None:
        super().__init__(tools, max_steps, on_tool_error, tool_timeout)
        self._endpoint: Literal["chat", "messages"] = endpoint
        # An iterable can be read only once.
        body, self._options = split({**request, "messages": list_of("messages", request["messages"])})
        begun = operation(
            "begin_tool_run",
            endpoint=endpoint,
            request=body,
            functions=self._definitions,
            provided=self._provided,
            max_steps=max_steps,
            reasoning_field=reasoning_field,
        )
        self._request, self._run = begun["request"], begun["run"]

    @property
    def messages(self) -> list[Any]:
        """The messages so far: those of the request, the model's turns, the results of its calls."""
        return list(self._request["messages"])

    def next_step(self) -> Any:
        """Return the next request."""
        return {"next": "request", "endpoint": self._endpoint, "request": {**self._options, **self._request}}

    def _take(self, reply: dict[str, Any]) -> Any:
        step = operation("take_reply", run=self._run, reply=reply)
        self._run = step["run"]
        return step

    def answer(self, results: list[Outcome]) -> None:
        """Add the model's turn and the results of its calls to the request."""
        answered = operation(
            "answer_calls", run=self._run, request=self._request, reply=self.reply._data, results=results
        )
        self._request = answered["request"]
