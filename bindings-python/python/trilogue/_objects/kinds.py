"""Base classes of the generated types: objects whose `type` determines their class, and members that are derived from fields."""

from __future__ import annotations

from .model import Model, deep_copy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, ClassVar

    from .._generated.params import MessageParam


class Kinds(Model):
    """An object whose `type` determines its class. An unknown type has the class that was called."""

    #: Classes by `type`.
    _kinds: ClassVar[Mapping[str, type[Kinds]]] = {}

    if not TYPE_CHECKING:

        def __new__(cls, data: Any = None, /, **fields: Any) -> Any:
            """Create an object of the class of its `type`."""
            return object.__new__(cls._kinds.get((data or fields).get("type"), cls))


def register_kinds(base: type[Kinds], kinds: dict[str, type[Kinds]]) -> None:
    """Set the classes that a base class makes objects of, by their `type`."""
    base._kinds = kinds
    for kind in kinds.values():
        # A call of one of these classes creates an object of that class, and ignores the `type`.
        kind._kinds = {}


class Chunk(Model):
    """A chunk of a streamed answer."""

    @property
    def text(self) -> str:
        """The text that this chunk adds to the first choice, or an empty text."""
        for choice in self._data.get("choices", ()):
            if choice.get("index", 0) == 0:
                return choice["delta"].get("content") or ""
        return ""


class ReasoningBase(Model):
    """An object with the reasoning of a model."""

    @property
    def reasoning_content(self) -> str | None:
        """Another name of `reasoning`, which several servers use. Either name of a server is read as `reasoning`."""
        reasoning: str | None = self._data.get("reasoning")
        return reasoning


class MessageBase(Model):
    """A message of Anthropic's format."""

    def to_param(self) -> MessageParam:
        """Return the message as one of a request."""
        return {"role": "assistant", "content": list(self._synced().get("content", ()))}

    @property
    def text(self) -> str:
        """The texts of all text blocks, joined."""
        blocks = self._synced().get("content", ())
        return "".join(block.get("text") or "" for block in blocks if block.get("type") == "text")


class MessageEventBase(Kinds):
    """An event of a streamed message."""

    @property
    def text(self) -> str:
        """The text that this event adds, or an empty text."""
        if self._data.get("type") != "content_block_delta":
            return ""
        return self._data.get("delta", {}).get("text") or ""


class StreamEvent(Kinds):
    """An event of `.stream()` or of `.events`."""

    if TYPE_CHECKING:
        type: Any

    @property
    def text_delta(self) -> str:
        """The text that this event adds, or an empty text."""
        kind = self._data.get("type")
        if kind == "content.delta":
            return str(self._data["delta"])
        return str(self._data["text"]) if kind == "text" else ""

    @property
    def parsed(self) -> Any:
        """The value of streamed JSON so far: of a tool's arguments, or of an answer that was requested as JSON.

        It is one object that grows: keep a `copy.deepcopy` of a value that should not change. `None` if the text is not JSON.
        """
        live = self.__dict__.get("_live")
        return None if live is None else live.get()

    @property
    def snapshot(self) -> Any:
        """The text that events of this type have added up to this one; of `input_json` the value of `parsed`.

        The text is copied at each use: reading it for each event of a long answer takes quadratic time.
        """
        live = self.__dict__.get("_live")
        if live is None:
            return None
        return (live.get() or {}) if self._data.get("type") == "input_json" else live.text()

    def parsed_snapshot(self) -> Any:
        """Return a new value of the JSON text up to this event; `None` if the text has no value. Parses the whole text at each use."""
        live = self.__dict__.get("_live")
        return None if live is None else live.parse()

    @property
    def parsed_arguments(self) -> Any:
        """The value of a tool's arguments so far, as `parsed`."""
        return self.parsed

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Return the arguments of a tool call so far as a field of their delta."""
            if name == "arguments" and self._data.get("type") == "tool_calls.function.arguments.delta":
                return self.snapshot
            return super().__getattr__(name)

    def _set_parsed(self, value: Any) -> None:
        """Replace the value of the event by an instance of a type."""
        self.__dict__["_live"] = Snapshot(value, self.snapshot)

    def _copied(self) -> dict[str, Any]:
        copied = super()._copied()
        if "_live" in copied:
            copied["_live"] = Snapshot(deep_copy(self.parsed), copied["_live"].text())
        return copied


class Snapshot:
    """The value and the text of an event that don't grow."""

    def __init__(self, value: Any, text: str | None) -> None:
        self._value = value
        self._text = text

    def get(self) -> Any:
        """Return the value."""
        return self._value

    def text(self) -> str | None:
        """Return the text."""
        return self._text

    def parse(self) -> Any:
        """Return a copy of the value."""
        return deep_copy(self._value)
