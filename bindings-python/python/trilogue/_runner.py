"""Runs of tools: the model is asked, its calls are run, their results are told, until it answers.

Law: the core finds the calls in a reply and writes the turn that answers them; here functions run. A function runs in a thread of its
own where several are called, or a time limit is set: nobody can stop a thread, so one that is too late is left behind.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from ._assist import assist
from ._errors import ToolRunError
from ._kinds import StreamEvent
from ._schema import MisfitError
from ._streaming import _STREAM_EVENT, AsyncStream, Item, Stream
from ._structured import body_of
from ._tools import Tool, text_of, tool_of
from .types import ChatCompletion, Message

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable, Iterator, Mapping
    from concurrent.futures import Future
    from types import TracebackType
    from typing import Literal

    from typing_extensions import Self

    from ._calls import Sender
    from .types import ToolEvent

    OnToolError = Literal["return", "raise"]

#: `ChatCompletion` or `Message`.
Final = TypeVar("Final", bound="ChatCompletion | Message")

_FINALS: dict[str, type[Any]] = {"chat": ChatCompletion, "messages": Message}


class _Call(NamedTuple):
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


class _Run(Generic[Item, Final]):
    """What both kinds of runner share: the conversation, and what is told of each call."""

    def __init__(
        self,
        sender: Sender,
        endpoint: str,
        request: Mapping[str, Any],
        tools: Iterable[Any],
        max_steps: int,
        on_tool_error: OnToolError,
        tool_timeout: float | None,
    ) -> None:
        if on_tool_error not in ("return", "raise"):
            message = f'on_tool_error is {on_tool_error!r}: it may be "return" or "raise"'
            raise ValueError(message)
        given = list(tools)
        provided = [dict(tool) for tool in given if hasattr(tool, "keys")]
        known = [tool_of(tool) for tool in given if not hasattr(tool, "keys")]
        self._sender = sender
        self._endpoint = endpoint
        self._kind: type[Final] = _FINALS[endpoint]
        self._tools: dict[str, Tool[Any]] = {tool.name: tool for tool in known}
        self._foreign = {(tool.get("function") or tool).get("name") for tool in provided}
        self._definitions = [tool.definition() for tool in known]
        on_wire = assist("tools", endpoint=endpoint, tools=self._definitions)["tools"]
        # Lists: what is given may be used up by reading it.
        self._request: dict[str, Any] = {**request, "messages": list(request["messages"])}
        self._request["tools"] = [*on_wire, *provided] or None
        self._limits = (max_steps, on_tool_error, tool_timeout)
        self._final: Final | None = None
        #: The tokens that each step used, where the server told them.
        self.usage: list[Any] = []

    @property
    def messages(self) -> list[Any]:
        """The conversation so far: what was given, the model's turns, the results of its calls."""
        return list(self._request["messages"])

    def _calls(self, reply: Final) -> list[_Call]:
        """Take a reply; its calls, if it isn't the last. Raises ToolRunError where the model was asked often enough."""
        data = reply._data
        self.usage.append(reply.usage)
        found = assist("calls", endpoint=self._endpoint, reply=data, tools=self._definitions)["calls"]
        is_foreign = any(call["name"] in self._foreign for call in found)
        # Tools that the provider runs can take longer than a turn.
        is_paused = data.get("stop_reason") == "pause_turn"
        if is_foreign or not (found or is_paused):
            self._tell(reply, [])
            self._final = reply
            return []
        if len(self.usage) >= self._limits[0]:
            message = f"the model still calls tools after {self._limits[0]} steps: raise max_steps; its last turn is in `partial`"
            raise self._failed(message, reply)
        return [self._call(call) for call in found]

    def _call(self, call: dict[str, Any]) -> _Call:
        name, arguments = call["name"], call.get("arguments")
        tool = self._tools.get(name)
        if tool is None or arguments is None:
            return _Call(call["id"], name, arguments, None, is_async=False, problem=call.get("problem", ""))
        from inspect import iscoroutinefunction

        try:
            run = tool.bound(arguments)
        except MisfitError as error:
            problem = f"the arguments don't fit {name}:\n{error}"
            return _Call(call["id"], name, arguments, None, is_async=False, problem=problem)
        return _Call(call["id"], name, arguments, run, is_async=iscoroutinefunction(tool.function), problem="")

    def _tell(self, reply: Final, results: list[dict[str, Any]]) -> None:
        """Add the model's turn, and the results of its calls."""
        answered = assist(
            "answer", endpoint=self._endpoint, request=body_of(self._request), reply=reply._data, results=results
        )
        choice = self._request.get("tool_choice")
        self._request |= answered["request"]
        if results and choice is not None:
            # A model that has to call a tool could never answer.
            self._request["tool_choice"] = _freed(choice)

    def _failed(self, message: str, reply: Final) -> ToolRunError:
        return ToolRunError(message, {"kind": "ToolRunError", "partial": reply._data, "tries": self.usage})

    def _told(self, call: _Call, reply: Final, outcome: Callable[[], Any] | None) -> tuple[dict[str, Any], Any]:
        """Return what the model is told of a call, and its event. `None` for a function that is too late."""
        is_error = True
        if call.run is None:
            text = call.problem
        elif outcome is None:
            text = f"{call.name} took longer than {self._limits[2]} seconds"
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


def _freed(choice: Any) -> Any:
    """Return a `tool_choice` that lets the model answer."""
    if isinstance(choice, str):
        return "auto" if choice == "required" else choice
    kind = choice.get("type")
    if kind in ("any", "tool"):
        return {"type": "auto", **{name: value for name, value in choice.items() if name not in ("type", "name")}}
    return "auto" if kind in ("function", "custom") else choice


def _in_thread(work: Callable[[], Any]) -> Future[Any]:
    """Run a function in a thread that the process doesn't wait for at its end."""
    import contextvars
    import threading
    from concurrent.futures import Future

    future: Future[Any] = Future()
    context = contextvars.copy_context()

    def run() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = context.run(work)
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name="trilogue tool", daemon=True).start()
    return future


def _waited(work: Callable[[], Any]) -> Any:
    """Run a function, and wait for its result if it is asynchronous."""
    value = work()
    if not hasattr(value, "__await__"):
        return value
    import asyncio

    async def soon() -> Any:
        return await value

    return asyncio.run(soon())


class ToolRunner(_Run[Item, Final]):
    """A run of tools: iterate over it for the events of every step, or call `until_done()`."""

    _events: Generator[Item | ToolEvent, None, None] | None = None

    def __iter__(self) -> Iterator[Item | ToolEvent]:
        """Return the events: those of `.stream()`, and around each call `tool.start` and `tool.done`.

        Both have the call's `id`, `name` and `arguments`; `tool.done` has `result` or `error`, as the model is told it.
        """
        self._events = self._events or self._steps()
        return self._events

    def until_done(self) -> Final:
        """Run to the end and return the answer."""
        for _ in self:
            pass
        return self._ended()

    get_final_completion = get_final_message = until_done

    def close(self) -> None:
        """End the run."""
        if self._events is not None:
            self._events.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _steps(self) -> Generator[Item | ToolEvent, None, None]:
        while self._final is None:
            with Stream(
                self._sender.stream(self._endpoint, self._request), _STREAM_EVENT, self._kind, "helper"
            ) as stream:
                yield from stream
                reply = stream._final()
            calls = self._calls(reply)
            if self._final is None:
                told: dict[int, dict[str, Any]] = {}
                for call in calls:
                    yield call.event("tool.start")
                for place, outcome in self._outcomes(calls):
                    told[place], event = self._told(calls[place], reply, outcome)
                    yield event
                self._tell(reply, [told[place] for place in range(len(calls))])

    def _outcomes(self, calls: list[_Call]) -> Iterator[tuple[int, Callable[[], Any] | None]]:
        """Run calls; the place of each as it ends, with what gives its result or raises its error."""
        timeout = self._limits[2]
        if len(calls) == 1 and timeout is None and calls[0].run is not None and not calls[0].is_async:
            yield 0, partial(_waited, calls[0].run)
            return
        from concurrent.futures import FIRST_COMPLETED, wait

        running: dict[Future[Any], int] = {}
        for place, call in enumerate(calls):
            if call.run is None:
                yield place, None
            else:
                running[_in_thread(partial(_waited, call.run))] = place
        end = None if timeout is None else time.monotonic() + timeout
        while running:
            done, _ = wait(running, None if end is None else max(0, end - time.monotonic()), FIRST_COMPLETED)
            if not done:
                yield from ((place, None) for place in running.values())
                return
            for future in done:
                yield running.pop(future), future.result


class AsyncToolRunner(_Run[Item, Final]):
    """A run of tools: iterate over it with `async for` for the events of every step, or await `until_done()`."""

    _events: AsyncGenerator[Item | ToolEvent, None] | None = None

    def __aiter__(self) -> AsyncIterator[Item | ToolEvent]:
        """Return the events. See `ToolRunner.__iter__`."""
        self._events = self._events or self._steps()
        return self._events

    async def until_done(self) -> Final:
        """Run to the end and return the answer."""
        async for _ in self:
            pass
        return self._ended()

    get_final_completion = get_final_message = until_done

    async def close(self) -> None:
        """End the run."""
        if self._events is not None:
            await self._events.aclose()

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def _steps(self) -> AsyncGenerator[Item | ToolEvent, None]:
        while self._final is None:
            native = await self._sender.stream_async(self._endpoint, self._request)
            async with AsyncStream(native, _STREAM_EVENT, self._kind, "helper") as stream:
                async for event in stream:
                    yield event
                reply = stream._final()
            calls = self._calls(reply)
            if self._final is None:
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
                self._tell(reply, [told[place] for place in range(len(calls))])

    async def _outcomes(self, calls: list[_Call]) -> AsyncGenerator[tuple[int, Callable[[], Any] | None], None]:
        """Run calls; the place of each as it ends, with what gives its result or raises its error."""
        import asyncio

        async def one(call: _Call) -> Any:
            run: Any = call.run
            value = run() if call.is_async else await asyncio.wrap_future(_in_thread(run))
            return await value if hasattr(value, "__await__") else value

        running: dict[asyncio.Task[Any], int] = {}
        try:
            for place, call in enumerate(calls):
                if call.run is not None:
                    running[asyncio.create_task(one(call))] = place
            for place, call in enumerate(calls):
                if call.run is None:
                    yield place, None
            timeout = self._limits[2]
            end = None if timeout is None else time.monotonic() + timeout
            while running:
                left = None if end is None else max(0, end - time.monotonic())
                done, _ = await asyncio.wait(running, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    for place in running.values():
                        yield place, None
                    return
                for task in done:
                    yield running.pop(task), task.result
        finally:
            for task in running:
                task.cancel()
