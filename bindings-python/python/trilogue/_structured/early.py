"""Early checks of a streamed answer against its type.

Each member of the answer, and each item of a member that is an array, is checked as soon as it is complete. Whether the members fit together
is checked at the end, as are answers of plain JSON Schemas. Every problem that is found early would also be found at the end.
"""

from __future__ import annotations

import sys
import typing
from itertools import islice
from typing import TYPE_CHECKING, Any

from .._schema.derive import pointer
from .._schema.shape import shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._schema.shape import Shape

#: A complete part: its JSON pointer, its type, and its value.
Part = tuple[str, "Shape[Any]", Any]


class Early:
    """Finds parts of an answer as soon as they are complete."""

    def __init__(self, of: Any) -> None:
        self._of = of
        self._members = 0
        self._items = 0
        self._shapes: dict[tuple[str, ...], Shape[Any] | None] = {}

    def take_complete(self, value: Any) -> Iterator[Part]:
        """Return the parts of the growing value that have become complete since the last call."""
        if isinstance(value, list):
            yield from self._array(value, (), is_closed=False)
        elif isinstance(value, dict):
            last = len(value) - 1
            for number, (name, member) in enumerate(islice(list(value.items()), self._members, None), self._members):
                is_closed = number < last
                if is_closed:
                    self._members += 1
                if isinstance(member, list):
                    yield from self._array(member, (name,), is_closed=is_closed)
                elif is_closed:
                    yield from self._part((name,), pointer("", name), member)
                if is_closed:
                    self._items = 0

    def _array(self, items: list[Any], path: tuple[str, ...], *, is_closed: bool) -> Iterator[Part]:
        count = len(items) if is_closed else len(items) - 1
        parent = "".join(pointer("", step) for step in path)
        for number in range(self._items, count):
            self._items = number + 1
            yield from self._part((*path, "*"), pointer(parent, number), items[number])

    def _part(self, path: tuple[str, ...], location: str, value: Any) -> Iterator[Part]:
        if path not in self._shapes:
            of = self._of
            for step in path:
                of = _type_of_part(of, step)
            self._shapes[path] = None if of is Any else shape_of(of)
        shape = self._shapes[path]
        if shape is not None:
            yield location, shape, value


def _type_of_part(of: Any, step: str) -> Any:
    """Return the type of a member, or with `*` of an array's items; `Any` if it is unknown."""
    if hasattr(of, "__metadata__"):
        return _type_of_part(of.__origin__, step)
    origin, arguments = typing.get_origin(of), [one for one in typing.get_args(of) if one is not type(None)]
    if origin is typing.Union or getattr(origin, "__name__", "") == "UnionType":
        return _type_of_part(arguments[0], step) if len(arguments) == 1 else Any
    if step == "*":
        return arguments[0] if origin in (list, set, frozenset) or arguments[1:] == [Ellipsis] else Any
    if not isinstance(of, type) or origin is not None:
        return Any
    if hasattr(of, "__pydantic_fields__"):
        return _pydantic_member(of, step)
    msgspec = sys.modules.get("msgspec")
    if msgspec is not None and hasattr(of, "__struct_fields__"):
        return next((field.type for field in msgspec.structs.fields(of) if field.encode_name == step), Any)
    from .._schema.fields import fields_of

    fields = fields_of(of)
    return next((field.annotation for field in fields.fields if field.name == step), Any) if fields else Any


#: Settings of a model that don't make its members accept more values.
_HARMLESS = {"title", "extra", "frozen", "strict", "json_schema_extra", "use_attribute_docstrings"}
_VALIDATORS = ("validators", "field_validators", "root_validators", "model_validators")


def _pydantic_member(of: Any, name: str) -> Any:
    # A model with validators, or with settings, may accept what its members' types alone do not.
    if of.model_config.keys() - _HARMLESS or any(getattr(of.__pydantic_decorators__, kind) for kind in _VALIDATORS):
        return Any
    for own, field in of.__pydantic_fields__.items():
        if (field.validation_alias or field.alias or own) == name:
            annotated: Any = typing.Annotated
            parts = (field.annotation, *field.metadata)
            return annotated[parts] if field.metadata else field.annotation
    return Any
