"""Conversations with a model.

The core keeps the state and makes the decisions (`core/src/conversation`). This module sends the requests through a client and passes the
answers back, complete or partial.
"""

from __future__ import annotations

from json import dumps, loads
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from .._client import AsyncClient
from .._generated.constants import MAX_STEPS
from .._generated.operations import conversation_operation
from .._native import NativeConversation
from .._sender import list_of
from .._tools.tool import tool_of
from .turns import Call, ConversationCost, ConversationUsage, Turn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping
    from typing import Literal

    from typing_extensions import Self

    from .._client import Client
    from .._generated.types import ChatCompletion, Message
    from .._tools.runner import OnToolError
    from .run import AsyncConversationStream, ConversationStream

    Format = Literal["chat", "messages"]
    #: The content of a turn: a text, or parts in the conversation's format.
    Content = str | Iterable[Any]
    Reply = ChatCompletion | Message

#: The value of a setting, and the values that may be assigned to it.
Value = TypeVar("Value")
Accepted = TypeVar("Accepted", contravariant=True)

#: Arguments that configure how tools are run.
_RUN_OPTIONS = ("max_steps", "on_tool_error", "tool_timeout")


class Setting(Generic[Value, Accepted]):
    """A setting of a conversation, which the core keeps."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, conversation: None, owner: type) -> Self: ...

    @overload
    def __get__(self, conversation: Conversation, owner: type) -> Value: ...

    def __get__(self, conversation: Conversation | None, owner: type) -> Any:
        return self if conversation is None else conversation._settings()[self._name]

    def __set__(self, conversation: Conversation, value: Accepted) -> None:
        conversation._set(**{self._name: value})


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
        """Start a conversation.

        model: the name of the model.
        system: the system message: a text, or text blocks.
        format: the format of requests, `chat` or `messages`; it can be changed at any time.
        tools: functions (see `trilogue.tool`), and definitions of tools in either format.
        parameters: parameters of every request, such as `temperature`.
        reasoning_field: the name under which chat completions send reasoning back; by default the name that the server used.
        messages: earlier messages, in either format.

        Raises InvalidRequestError for an argument that is wrong.
        """
        settings: dict[str, Any] = {"model": model, "system": system, "reasoning_field": reasoning_field}
        settings = {name: value for name, value in settings.items() if value is not None}
        if parameters is not None:
            settings["parameters"] = dict(parameters)
        if messages is None or format != "chat":
            settings["format"] = format
        self._native = NativeConversation()
        self._tools: list[Any] = []
        conversation_operation(
            self._native,
            "make",
            settings=settings,
            messages=None if messages is None else list_of("messages", messages),
        )
        functions = list_of("tools", tools)
        if functions:
            self.tools = functions

    @classmethod
    def from_json(
        cls, form: str | bytes | Mapping[str, Any] | Iterable[Any], *, tools: Iterable[Any] | None = None
    ) -> Conversation:
        """Create a conversation from its JSON form, as text or value; also from a list of messages, or from a request of either format.

        Functions are not part of JSON: pass the tools again. Raises InvalidRequestError for an invalid form.
        """
        if isinstance(form, bytes):
            form = form.decode()
        conversation = cls()
        conversation_operation(conversation._native, "load", form=form)
        conversation._tools = conversation._settings()["tools"]
        if tools is not None:
            conversation.tools = list(tools)
        return conversation

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the JSON form, which is the same in every language."""
        text = conversation_operation(self._native, "json")["text"]
        return text if indent is None else dumps(loads(text), ensure_ascii=False, indent=indent)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form as a dict."""
        form: dict[str, Any] = loads(self.to_json())
        return form

    model: Setting[str | None, str | None] = Setting()
    """The name of the model."""

    system: Setting[Any, Content | None] = Setting()
    """The system message."""

    format: Setting[Format, Format] = Setting()
    """The format of requests: `chat` or `messages`."""

    parameters: Setting[dict[str, Any], Mapping[str, Any]] = Setting()
    """Parameters of every request. Assign a new dict to change them."""

    reasoning_field: Setting[str | None, str | None] = Setting()
    """The name under which chat completions send reasoning back."""

    @property
    def tools(self) -> list[Any]:
        """The tools."""
        return list(self._tools)

    @tools.setter
    def tools(self, tools: Iterable[Any]) -> None:
        listed = list_of("tools", tools)
        self._set(tools=[tool if hasattr(tool, "keys") else tool_of(tool).definition() for tool in listed])
        self._tools = listed

    @property
    def turns(self) -> list[Turn]:
        """The turns."""
        return [Turn(turn) for turn in conversation_operation(self._native, "turns")["turns"]]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages of a request, in the conversation's format."""
        return conversation_operation(self._native, "messages")["messages"]

    @property
    def next(self) -> Literal["user", "model", "results"]:
        """The author of the next turn: the user, the model, or the code that runs the called tools (`results`)."""
        return conversation_operation(self._native, "next")["next"]

    @property
    def calls(self) -> list[Call]:
        """The calls without a result."""
        return [Call(call) for call in conversation_operation(self._native, "next")["calls"]]

    @property
    def usage(self) -> ConversationUsage:
        """The tokens of all answers so far, including undone ones."""
        return ConversationUsage(conversation_operation(self._native, "totals")["usage"])

    @property
    def cost(self) -> ConversationCost:
        """The cost of all answers so far, including undone ones."""
        return ConversationCost(conversation_operation(self._native, "totals")["cost"])

    @property
    def is_busy(self) -> bool:
        """Whether an answer is in progress."""
        return conversation_operation(self._native, "state")["is_busy"]

    @overload
    def send(
        self,
        client: Client,
        content: Content | None = None,
        *,
        max_steps: int = MAX_STEPS,
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
        max_steps: int = MAX_STEPS,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
        **parameters: Any,
    ) -> Awaitable[Reply]: ...

    def send(self, client: Any, content: Content | None = None, **parameters: Any) -> Any:
        """Add a turn of the user and return the model's answer, after running the functions that the model calls.

        With an `AsyncClient` the answer has to be awaited. Without content the current state is sent: after `retry`, `edit`, `resume` or
        `results`.

        Args:
            client: The client that sends the requests.
            content: A text, or parts in the conversation's format.
            max_steps: The highest number of requests.
            on_tool_error: `return` sends the error of a function to the model; `raise` ends the run with it.
            tool_timeout: The longest time that a function may take, in seconds; after it the model receives an error as the result.
            parameters: Parameters of these requests, in the conversation's format; also options such as `timeout` and `budget`.

        Raises APIError. The user's turn then stays, and the next `send` replaces it.

        """
        return self._run(client, content, parameters, streams=False).until_done()

    @overload
    def stream(
        self,
        client: Client,
        content: Content | None = None,
        *,
        max_steps: int = MAX_STEPS,
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
        max_steps: int = MAX_STEPS,
        on_tool_error: OnToolError = "return",
        tool_timeout: float | None = None,
        **parameters: Any,
    ) -> AsyncConversationStream: ...

    def stream(self, client: Any, content: Content | None = None, **parameters: Any) -> Any:
        """As `send`, but as a stream: iterate over it for events that don't depend on the format. The request is sent at the first event.

        The part of an answer that was received before it was stopped or failed stays as a partial turn.
        """
        return self._run(client, content, parameters, streams=True)

    def _run(self, client: Any, content: Any, parameters: dict[str, Any], *, streams: bool) -> Any:
        from .run import AsyncConversationStream, ConversationRun, ConversationStream

        if content is not None:
            self.say(content)
        options: dict[str, Any] = {name: parameters.pop(name) for name in _RUN_OPTIONS if name in parameters}
        run = ConversationRun(self, parameters, streams=streams, **options)
        kind = AsyncConversationStream if isinstance(client, AsyncClient) else ConversationStream
        return kind(client._sender, run, view="normal", streams=streams)

    def say(self, content: Content) -> Conversation:
        """Add a turn of the user, for programs that send the request themselves. It replaces a turn that has no answer yet."""
        conversation_operation(self._native, "say", content=_content(content))
        return self

    def request(self, *, format: Format | None = None, **parameters: Any) -> dict[str, Any]:
        """Return the next request, for programs that send it themselves: in the conversation's format, or in `format`.

        `client.chat.completions.create(**conversation.request())`. `parameters` apply to this request only.
        """
        return conversation_operation(self._native, "request", format=format, parameters=parameters)["request"]

    def take(self, reply: Any) -> list[Call]:
        """Add the answer to such a request: a completion, a message, or a stream that was read. Return its calls, which need `results`."""
        snapshot = getattr(reply, "current_completion_snapshot", None)
        taken = conversation_operation(self._native, "take", reply=reply if snapshot is None else snapshot)
        return [Call(call) for call in taken["calls"]]

    def take_partial(self, reply: Any, why: str = "stopped") -> bool:
        """Add a partial answer, which ended early; return whether it had content to keep."""
        return conversation_operation(self._native, "partial", reply=reply, why=why)["kept"]

    def results(self, results: Iterable[Mapping[str, Any]]) -> list[Call]:
        """Add results of calls: `id`, `content` (a text, parts, or a value that becomes JSON), and `is_error` for a failed call.

        Return the calls that still have no result.
        """
        added = conversation_operation(self._native, "results", results=list(results))
        return [Call(call) for call in added["calls"]]

    def undo(self) -> Any:
        """Remove the user's last turn and everything after it, and return its content; `None` if there is none."""
        return conversation_operation(self._native, "undo")["content"]

    def edit(self, turn: int, content: Content) -> Conversation:
        """Replace the content of a turn of the user or the model, and remove everything after it; negative indices count from the end."""
        conversation_operation(self._native, "edit", at=turn, content=_content(content))
        return self

    def retry(self) -> Conversation:
        """Remove the last answer: the next `send` or `stream` without content requests a new one. Results of tools stay."""
        conversation_operation(self._native, "retry")
        return self

    def resume(self) -> Conversation:
        """Make the next `send` or `stream` without content continue an answer that was cut off or reached its length limit."""
        conversation_operation(self._native, "resume")
        return self

    def fork(self, at: int | None = None) -> Conversation:
        """Return a copy with the turns before `at`, or with all turns. Its cost starts at zero."""
        return type(self).from_json(conversation_operation(self._native, "fork", at=at)["text"], tools=self._tools)

    def __copy__(self) -> Conversation:
        return self.__deepcopy__({})

    def __deepcopy__(self, memo: dict[int, Any]) -> Conversation:
        return type(self).from_json(self.to_json(), tools=self._tools)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.to_json(), self._tools)

    def __len__(self) -> int:
        return len(conversation_operation(self._native, "turns")["turns"])

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<Conversation with {self.model or 'no model'}, {len(self)} turns>"

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = conversation_operation(self._native, "settings")["settings"]
        return settings

    def _set(self, **settings: Any) -> None:
        conversation_operation(self._native, "set", settings=settings)


def _content(content: Any) -> Any:
    return content if isinstance(content, str) else list(content)


def _restore(kind: type[Conversation], text: str, tools: list[Any]) -> Conversation:
    return kind.from_json(text, tools=tools)
