"""Base classes of the generated types: objects whose `type` determines their class, and members that are derived from fields."""

from __future__ import annotations

from .model import Model, deep_copy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, ClassVar


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


class MessageBase(Model):
    """A message of Anthropic's format."""

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

    def _copied(self) -> dict[str, Any]:
        copied = super()._copied()
        if "_live" in copied:
            copied["_live"] = _Snapshot(deep_copy(self.parsed))
        return copied


class _Snapshot:
    """The live value of a copied event, which doesn't grow."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def get(self) -> Any:
        """Return the value."""
        return self._value
