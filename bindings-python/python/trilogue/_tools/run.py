"""What a run of tools asks and is told, whichever client drives it.

Law: the core finds the calls in a reply and writes the turn that answers them; here they are matched with functions, and what those gave
is put into words. `_runner.py` drives it; `_conversation_run.py` says what is asked in a conversation, and who is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from .._generated.errors import ToolRunError
from .._generated.types import ChatCompletion, Message
from .._objects.kinds import StreamEvent
from .._operations import operation
from .._schema.shape import MisfitError
from .._sender import list_of
from .._streaming.stream import Item
from .._structured.plan import body_of
from .tool import Tool, text_of, tool_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .._sender import Sender
    from .._streaming.stream import AsyncStream, Stream
    from .runner import OnToolError

#: `ChatCompletion` or `Message`.
Final = TypeVar("Final", bound="ChatCompletion | Message")

FINALS: dict[str, type[Any]] = {"chat": ChatCompletion, "messages": Message}


class Call(NamedTuple):
    """A call that the model made."""

    id: str
    name: str
    arguments: dict[str, Any] | None
    #: What runs it; `None` where it can't be run.
    run: Callable[[], Any] | None
    is_async: bool
    #: Why it can't be run, for the model.
    problem: str

    def event(self, kind: str, **more: Any) -> Any:
        """Make an event of this call."""
        return StreamEvent({"type": kind, "id": self.id, "name": self.name, "arguments": self.arguments, **more})


class Run(Generic[Item, Final]):
    """What every run shares: what is asked, and what is told of each call."""

    #: The events of its streams: those of `.stream()`, or `normal` ones.
    _view = "helper"
    _streams = True
    #: Where the calls are that a run of too many steps leaves.
    _left = "its last turn is in `partial`"

    def __init__(
        self,
        sender: Sender,
        endpoint: str,
        request: Mapping[str, Any],
        tools: Iterable[Any],
        max_steps: int,
        on_tool_error: OnToolError,
        tool_timeout: float | None,
        reasoning_field: str | None = None,
    ) -> None:
        if on_tool_error not in ("return", "raise"):
            message = f'on_tool_error is {on_tool_error!r}: it may be "return" or "raise"'
            raise ValueError(message)
        given = list_of("tools", tools)
        provided = [dict(tool) for tool in given if hasattr(tool, "keys")]
        known = [tool_of(tool) for tool in given if not hasattr(tool, "keys")]
        self._sender = sender
        self._endpoint = endpoint
        self._kind: type[Final] = FINALS[endpoint]
        self._tools: dict[str, Tool[Any]] = {tool.name: tool for tool in known}
        self._foreign = {(tool.get("function") or tool).get("name") for tool in provided}
        self._definitions = [tool.definition() for tool in known]
        on_wire = operation("tools", endpoint=endpoint, tools=self._definitions)["tools"]
        # Lists: what is given may be used up by reading it.
        self._request: dict[str, Any] = {**request, "messages": list_of("messages", request["messages"])}
        self._request["tools"] = [*on_wire, *provided] or None
        self._limits = (max_steps, on_tool_error, tool_timeout)
        self._reasoning_field = reasoning_field
        self._final: Final | None = None
        #: The tokens that each step used, where the server told them.
        self.usage: list[Any] = []

    @property
    def messages(self) -> list[Any]:
        """The conversation so far: what was given, the model's turns, the results of its calls."""
        return list(self._request["messages"])

    def _begin(self) -> None:
        """Do what comes before the first step."""

    def _end(self) -> None:
        """Do what comes after the last step, or where a run is left."""

    def _waiting(self) -> list[Call] | None:
        """Return calls that wait already, for results and not for another reply."""
        return None

    def _asked(self) -> dict[str, Any]:
        """Return the arguments of the next call."""
        return self._request

    def _cut(self, stream: Stream[Any, Any] | AsyncStream[Any, Any], error: BaseException) -> None:
        """Hear of a stream that ended early."""

    def _found(self, reply: Final) -> tuple[list[dict[str, Any]], bool]:
        """Return the calls of a reply, and whether the model goes on by itself: tools that the provider runs can take longer than a turn."""
        found = operation("calls", endpoint=self._endpoint, reply=reply._data, tools=self._definitions)
        return found["calls"], found["paused"]

    def _tell(self, reply: Any, results: list[dict[str, Any]]) -> None:
        """Add the model's turn, and the results of its calls."""
        answered = operation(
            "answer",
            endpoint=self._endpoint,
            request=body_of(self._request),
            reply=reply._data,
            results=results,
            reasoning_field=self._reasoning_field,
        )
        self._request |= answered["request"]

    def _took(self, reply: Final) -> list[Call]:
        """Take a reply; its calls, if it isn't the last. Raises ToolRunError where the model was asked often enough."""
        self.usage.append(reply.usage)
        found, is_paused = self._found(reply)
        if self._is_foreign(found) or not (found or is_paused):
            self._tell(reply, [])
            self._final = reply
            return []
        if len(self.usage) >= self._limits[0]:
            message = f"the model still calls tools after {self._limits[0]} steps: raise max_steps; {self._left}"
            raise self._failed(message, reply)
        return [self._call(call) for call in found]

    def _is_foreign(self, calls: list[dict[str, Any]]) -> bool:
        """Whether one of the calls is of a tool that isn't run here."""
        return any(call["name"] in self._foreign for call in calls)

    def _call(self, call: dict[str, Any]) -> Call:
        name, arguments = call["name"], call.get("arguments")
        tool = self._tools.get(name)
        if tool is None or arguments is None:
            return Call(call["id"], name, arguments, None, is_async=False, problem=call.get("problem", ""))
        from inspect import iscoroutinefunction

        try:
            run = tool.bound(arguments)
        except MisfitError as error:
            problem = f"the arguments don't fit {name}:\n{error}"
            return Call(call["id"], name, arguments, None, is_async=False, problem=problem)
        return Call(call["id"], name, arguments, run, is_async=iscoroutinefunction(tool.function), problem="")

    def _failed(self, message: str, reply: Final | None) -> ToolRunError:
        partial = None if reply is None else reply._data
        return ToolRunError(message, {"kind": "ToolRunError", "partial": partial, "tries": self.usage})

    def _told(self, call: Call, reply: Final | None, outcome: Callable[[], Any] | None) -> tuple[dict[str, Any], Any]:
        """Return what the model is told of a call, and its event. `None` for a function that is too late."""
        is_error = True
        if call.run is None:
            text = call.problem
        elif outcome is None:
            text = operation("timed_out", name=call.name, seconds=self._limits[2])["content"]
        else:
            try:
                text = text_of(outcome())
                is_error = False
            except Exception as error:
                text = f"{type(error).__name__}: {error}"
                if self._limits[1] == "raise":
                    message = f"the tool {call.name} failed: {text}"
                    raise self._failed(message, reply) from error
        result = {"id": call.id, "name": call.name, "content": text, "is_error": is_error}
        return result, call.event("tool.done", **{"error" if is_error else "result": text})

    def _ended(self) -> Final:
        if self._final is None:
            message = "the run ended before the model answered"
            raise RuntimeError(message)
        return self._final
