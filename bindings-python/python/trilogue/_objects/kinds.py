"""Objects whose `type` tells their class, and what chunks, messages and events are besides their fields.

Law: adds what is derived from fields; the fields are the generated types' matter.
"""

from __future__ import annotations

from .model import Model, _copy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, ClassVar


class Kinds(Model):
    """An object whose `type` tells its class; a type that no class is made for has the one that was asked for."""

    #: Classes by type.
    _kinds: ClassVar[Mapping[str, type[Kinds]]] = {}

    if not TYPE_CHECKING:

        def __new__(cls, data: Any = None, /, **fields: Any) -> Any:
            """Find the class."""
            return object.__new__(cls._kinds.get((data or fields).get("type"), cls))


def register_kinds(base: type[Kinds], kinds: dict[str, type[Kinds]]) -> None:
    """Set the classes that a base class makes objects of, by their `type`."""
    base._kinds = kinds
    for kind in kinds.values():
        # They look no further.
        kind._kinds = {}


class Chunk(Model):
    """A chunk of a streamed answer."""

    @property
    def text(self) -> str:
        """The text that this chunk adds to the first choice; empty where it adds none."""
        for choice in self._data.get("choices", ()):
            if choice.get("index", 0) == 0:
                return choice["delta"].get("content") or ""
        return ""


class MessageBase(Model):
    """A message of the other format."""

    @property
    def text(self) -> str:
        """The texts of all text blocks, joined."""
        blocks = self._settled().get("content", ())
        return "".join(block.get("text") or "" for block in blocks if block.get("type") == "text")


class MessageEventBase(Kinds):
    """An event of a streamed message."""

    @property
    def text(self) -> str:
        """The text that this event adds; empty where it adds none."""
        if self._data.get("type") != "content_block_delta":
            return ""
        return self._data.get("delta", {}).get("text") or ""


class StreamEvent(Kinds):
    """An event of `.stream()` or of `.events`: its `type` tells which one."""

    if TYPE_CHECKING:
        type: Any

    @property
    def text_delta(self) -> str:
        """The text that this event adds; empty where it adds none."""
        kind = self._data.get("type")
        if kind == "content.delta":
            return str(self._data["delta"])
        return str(self._data["text"]) if kind == "text" else ""

    @property
    def parsed(self) -> Any:
        """The value of the JSON that streams, as far as it came: of a tool's arguments, or of an answer that was asked for as JSON.

        One object, growing: keep a `copy.deepcopy` of what should stay as it is. `None` where the text is no JSON.
        """
        live = self.__dict__.get("_live")
        return None if live is None else live.get()

    def _kept(self) -> dict[str, Any]:
        kept = super()._kept()
        if "_live" in kept:
            kept["_live"] = _Value(_copy(self.parsed))
        return kept


class _Value:
    """A live value that has stopped growing, since its event was copied."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def get(self) -> Any:
        """Return the value."""
        return self._value
