"""Results: JSON objects with attribute access.

Law: what the server sent is kept whole, known field or not, and comes out again as it went in. A known field that was not sent
reads as `None`; an unknown one raises `AttributeError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from typing_extensions import Self


class Model:
    """A JSON object of an API: its fields are attributes."""

    #: Known fields, with the class of those that are objects or lists of objects.
    _fields: ClassVar[Mapping[str, type[Model] | None]] = {}

    _data: dict[str, Any]

    def __init__(self, data: dict[str, Any]) -> None:
        object.__setattr__(self, "_data", data)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Wrap a field at its first use."""
            try:
                value = self._data[name]
            except KeyError:
                if name in self._fields:
                    return None
                message = f"{type(self).__name__!r} object has no attribute {name!r}"
                raise AttributeError(message, name=name, obj=self) from None
            kind = type(value)
            if kind is dict or kind is list:
                value = _wrap(value, self._fields.get(name))
                self.__dict__[name] = value
            return value

        def __setattr__(self, name: str, value: Any) -> None:
            self.__dict__.pop(name, None)
            self._data[name] = _unwrap(value)

    def __getitem__(self, name: str) -> Any:
        if name in self._data:
            return getattr(self, name)
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return name in self._data

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter([(name, getattr(self, name)) for name in self._data])

    def get(self, name: str, default: Any = None) -> Any:
        """Return the field, or `default` where the server did not send it."""
        return getattr(self, name) if name in self._data else default

    @property
    def raw_json(self) -> str | None:
        """The text that the server sent, of an item of a stream whose client has `include_raw`; else `None`."""
        raw: str | None = self.__dict__.get("_raw")
        return raw

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a new dict, nested objects included."""
        copied: dict[str, Any] = _copy(self._data)
        return copied

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the fields as JSON text."""
        import json

        return json.dumps(self._data, ensure_ascii=False, indent=indent)

    model_dump = to_dict
    model_dump_json = to_json

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Model):
            return self.__class__ is other.__class__ and self._data == other._data
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # fields can be set

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._data)
        return f"{type(self).__name__}({fields})"

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._fields, *self._data]

    def __copy__(self) -> Self:
        return type(self)(dict(self._data))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return type(self)(_copy(self._data))

    def __reduce__(self) -> tuple[type[Self], tuple[dict[str, Any]]]:
        return type(self), (self._data,)


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
        blocks = self._data.get("content", ())
        return "".join(block.get("text") or "" for block in blocks if block.get("type") == "text")


class MessageEventBase(Model):
    """An event of a streamed message."""

    @property
    def text(self) -> str:
        """The text that this event adds; empty where it adds none."""
        if self._data.get("type") != "content_block_delta":
            return ""
        return self._data.get("delta", {}).get("text") or ""


def _wrap(value: Any, kind: type[Model] | None) -> Any:
    if isinstance(value, dict):
        return (kind or Model)(value)
    if isinstance(value, list):
        return [_wrap(item, kind) for item in value]
    return value


def _unwrap(value: Any) -> Any:
    if isinstance(value, Model):
        return value._data
    if isinstance(value, list):
        return [_unwrap(item) for item in value]
    return value


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value
