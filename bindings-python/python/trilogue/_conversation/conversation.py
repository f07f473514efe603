"""Conversations: what was said, asked further, changed, saved.

Law: state and decisions are the core's (`core/src/conversation`); here requests are sent through a client, and what came is handed back,
also when it is cut.
"""

from __future__ import annotations

from json import dumps, loads
from typing import TYPE_CHECKING, Any, overload

from .. import _native
from .._client import AsyncClient
from .._generated.errors import InvalidRequestError
from .._operations import _plain
from .._sender import list_of
from .._tools.tool import tool_of
from .turns import Call, ConversationCost, ConversationUsage, Turn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping
    from typing import Literal

    from .._client import Client
    from .._generated.types import ChatCompletion, Message
    from .._tools.runner import OnToolError
    from .run import AsyncConversationStream, ConversationStream

    Format = Literal["chat", "messages"]
    #: What is said: a text, or parts of the conversation's format.
    Content = str | Iterable[Any]
    Reply = ChatCompletion | Message

#: Arguments of a call that tell how tools are run.
_RUNNING = ("max_steps", "on_tool_error", "tool_timeout")


class Conversation:
    """A conversation with a model."""

    def __init__(
        self,
        *,
        model: str | None = None,
        system: Content | None = None,
        format: Format = "chat",
        tools: Iterable[Any] = (),
        parameters: Mapping[str, Any] | None = None,
        reasoning_field: str | None = None,
        messages: Iterable[Any] | None = None,
    ) -> None:
        """Begin a conversation.

        model: who is asked.
        system: the system message: a text, or text blocks.
        format: of requests, `chat` or `messages`; it can be changed at any time.
        tools: functions (see `trilogue.tool`), and tools as a request of either format has them.
        parameters: of every request, such as `temperature`.
        reasoning_field: the name under which chat completions send reasoning back; by default the one that the server used.
        messages: what was said before, of either format.

        Raises InvalidRequestError for what it can't have.
        """
        settings: dict[str, Any] = {"model": model, "system": system, "reasoning_field": reasoning_field}
        settings = {name: value for name, value in settings.items() if value is not None}
        if parameters is not None:
            settings["parameters"] = dict(parameters)
        if messages is None or format != "chat":
            settings["format"] = format
        self._native = _native.NativeConversation()
        self._tools: list[Any] = []
        self._running: object | None = None
        self._do("make", settings=settings, messages=None if messages is None else list_of("messages", messages))
        given = list_of("tools", tools)
        if given:
            self.tools = given

    @classmethod
    def from_json(
        cls, form: str | bytes | Mapping[str, Any] | Iterable[Any], *, tools: Iterable[Any] | None = None
    ) -> Conversation:
        """Read the JSON form, a text or what it holds; also a list of messages, or a request of either format.

        Functions are no JSON: give the tools again. Raises InvalidRequestError that says what can't be read.
        """
        text = (
            form.decode() if isinstance(form, bytes) else form if isinstance(form, str) else dumps(form, default=_plain)
        )
        conversation = cls()
        conversation._do("make", text=text)
        conversation._tools = conversation._do("settings")["tools"]
        if tools is not None:
            conversation.tools = list(tools)
        return conversation

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the JSON form: the same in every language."""
        text: str = self._do("json")["text"]
        return text if indent is None else dumps(loads(text), ensure_ascii=False, indent=indent)

    def to_dict(self) -> dict[str, Any]:
        """Return what the JSON form holds."""
        form: dict[str, Any] = loads(self.to_json())
        return form

    @property
    def model(self) -> str | None:
        """The model that is asked."""
        model: str | None = self._do("settings")["model"]
        return model

    @model.setter
    def model(self, model: str | None) -> None:
        self._set(model=model)

    @property
    def system(self) -> Any:
        """The system message."""
        return self._do("settings")["system"]

    @system.setter
    def system(self, system: Content | None) -> None:
        self._set(system=system)

    @property
    def format(self) -> Format:
        """The format of requests: `chat` or `messages`."""
        kind: Format = self._do("settings")["format"]
        return kind

    @format.setter
    def format(self, format: Format) -> None:
        self._set(format=format)

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of every request. Set them as a whole."""
        parameters: dict[str, Any] = self._do("settings")["parameters"]
        return parameters

    @parameters.setter
    def parameters(self, parameters: Mapping[str, Any]) -> None:
        self._set(parameters=dict(parameters))

    @property
    def reasoning_field(self) -> str | None:
        """The name under which chat completions are told what the model thought."""
        name: str | None = self._do("settings")["reasoning_field"]
        return name

    @reasoning_field.setter
    def reasoning_field(self, name: str | None) -> None:
        self._set(reasoning_field=name)

    @property
    def tools(self) -> list[Any]:
        """The tools."""
        return list(self._tools)

    @tools.setter
    def tools(self, tools: Iterable[Any]) -> None:
        given = list_of("tools", tools)
        self._set(tools=[tool if hasattr(tool, "keys") else tool_of(tool).definition() for tool in given])
        self._tools = given

    @property
    def turns(self) -> list[Turn]:
        """The turns, each as it is kept, with what there is to show of it."""
        return [Turn(turn) for turn in self._do("turns")["turns"]]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages as a request of the conversation's format has them."""
        messages: list[dict[str, Any]] = self._do("messages")["messages"]
        return messages

    @property
    def next(self) -> Literal["user", "model", "results"]:
        """Who has to say something next: the user, the model, or whoever runs the tools that were called."""
        who: Literal["user", "model", "results"] = self._do("next")["next"]
        return who

    @property
    def calls(self) -> list[Call]:
        """The calls that have no result yet."""
        return [Call(call) for call in self._do("next")["calls"]]

    @property
    def usage(self) -> ConversationUsage:
        """The tokens of all answers so far, those that were undone included."""
        return ConversationUsage(self._do("totals")["usage"])

    @property
    def cost(self) -> ConversationCost:
        """What all answers cost so far, those that were undone included."""
        return ConversationCost(self._do("totals")["cost"])

    @property
    def is_busy(self) -> bool:
        """Whether an answer is on its way."""
        return self._running is not None

    @overload
    def send(
        self,
        client: Client,
        content: Content | None = None,
        *,
        max_steps: int = 10,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
        **parameters: Any,
    ) -> Reply: ...

    @overload
    def send(
        self,
        client: AsyncClient,
        content: Content | None = None,
        *,
        max_steps: int = 10,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
        **parameters: Any,
    ) -> Awaitable[Reply]: ...

    def send(self, client: Any, content: Content | None = None, **given: Any) -> Any:
        """Say something and return the model's answer, which an `AsyncClient` awaits; functions that the model calls are run.

        Without content the model is asked what it was asked last: after `retry`, `edit`, `resume` or `results`.

        Args:
            client: Who sends.
            content: A text, or parts of the conversation's format.
            max_steps: How often the model may be asked.
            on_tool_error: Whether the model is told that a function failed, or the run ends.
            tool_timeout: How long a function may take, in seconds; over it the model is told so.
            given: Parameters of these requests alone, of the conversation's format; also `timeout`, `budget` and the like.

        Raises APIError; the question then stays, and the next `send` takes its place.

        """
        return self._run(client, content, given, streams=False).until_done()

    @overload
    def stream(
        self,
        client: Client,
        content: Content | None = None,
        *,
        max_steps: int = 10,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
        **parameters: Any,
    ) -> ConversationStream: ...

    @overload
    def stream(
        self,
        client: AsyncClient,
        content: Content | None = None,
        *,
        max_steps: int = 10,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
        **parameters: Any,
    ) -> AsyncConversationStream: ...

    def stream(self, client: Any, content: Content | None = None, **given: Any) -> Any:
        """As `send`, as a stream: iterate over it for events that don't depend on the format. Sends at the first of them.

        An answer that is stopped, or that fails, stays as far as it came, as a partial turn.
        """
        return self._run(client, content, given, streams=True)

    def _run(self, client: Any, content: Any, given: dict[str, Any], *, streams: bool) -> Any:
        from .run import AsyncConversationStream, ConversationStream

        self._idle()
        if content is not None:
            self.say(content)
        kind = AsyncConversationStream if isinstance(client, AsyncClient) else ConversationStream
        running = {name: given.pop(name) for name in _RUNNING if name in given}
        return kind(self, client._sender, given, streams=streams, **running)

    def say(self, content: Content) -> Conversation:
        """Say something, for those who send the request themselves. A question that got no answer gives way to it."""
        self._change("say", content=_content(content))
        return self

    def request(self, *, format: Format | None = None, **parameters: Any) -> dict[str, Any]:
        """Return the request that lets the model answer, for those who send it themselves, in the conversation's format or another.

        `client.chat.completions.create(**conversation.request())`; parameters are this request's own.
        """
        return self._do("request", format=format, parameters=parameters)

    def take(self, reply: Any) -> list[Call]:
        """Take the answer to such a request: a completion or a message, or a stream that was read. Return its calls, which wait for `results`."""
        snapshot = getattr(reply, "current_completion_snapshot", None)
        return [Call(call) for call in self._change("take", reply=reply if snapshot is None else snapshot)["calls"]]

    def take_partial(self, reply: Any, why: str = "stopped") -> bool:
        """Take what came of an answer that ended before its end; return whether there was anything to keep."""
        kept: bool = self._change("partial", reply=reply, why=why)["kept"]
        return kept

    def results(self, results: Iterable[Mapping[str, Any]]) -> list[Call]:
        """Take results of calls: `id`, `content` (a text, parts, or what becomes JSON), and `is_error` where a call failed.

        Return the calls that still wait.
        """
        return [Call(call) for call in self._change("results", results=[dict(result) for result in results])["calls"]]

    def undo(self) -> Any:
        """Remove the last question with all that followed it, and return its content; `None` where there is none."""
        return self._change("undo")["content"]

    def edit(self, turn: int, content: Content) -> Conversation:
        """Say a turn of the user's or of the model's anew, and remove all that followed it; negative places count from the end."""
        self._change("edit", at=turn, content=_content(content))
        return self

    def retry(self) -> Conversation:
        """Drop the last answer, so that the next `send` or `stream` without content asks the same again. Results of tools stay."""
        self._change("retry")
        return self

    def resume(self) -> Conversation:
        """Let the next `send` or `stream` without content go on with an answer that was cut off, or that reached its length limit."""
        self._change("resume")
        return self

    def fork(self, at: int | None = None) -> Conversation:
        """Return a copy with the turns before `at`, or with all. It has cost nothing so far."""
        return type(self).from_json(self._do("fork", at=at)["text"], tools=self._tools)

    def __copy__(self) -> Conversation:
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: dict[int, Any]) -> Conversation:
        return type(self).from_json(self.to_json(), tools=self._tools)

    def __reduce__(self) -> tuple[Any, ...]:
        return _read, (type(self), self.to_json(), self._tools)

    def __len__(self) -> int:
        return len(self._do("turns")["turns"])

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<Conversation with {self.model or 'no model'}, {len(self)} turns>"

    def _set(self, **settings: Any) -> None:
        self._change("set", settings=settings)

    def _idle(self) -> None:
        if self._running is not None:
            message = "an answer is on its way: read it to its end, or close its stream first"
            raise InvalidRequestError(message)

    def _change(self, operation: str, **given: Any) -> dict[str, Any]:
        self._idle()
        return self._do(operation, **given)

    def _do(self, operation: str, **given: Any) -> dict[str, Any]:
        answer: dict[str, Any] = loads(self._native.assist(operation, dumps(given, default=_plain)))
        return answer


def _content(content: Any) -> Any:
    return content if isinstance(content, str) else list(content)


def _read(kind: type[Conversation], text: str, tools: list[Any]) -> Conversation:
    return kind.from_json(text, tools=tools)
