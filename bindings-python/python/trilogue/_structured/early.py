"""What of an answer can't fit its type any more, said while the rest still streams.

Law: looks at each member of the answer, and at each item of a member that is an array, once it is complete; never at what may still
grow. What only the whole can tell, and schemas that are no types, wait for the end. Says nothing that the end would not say.
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

#: A complete part: its JSON pointer, its type, its value.
Part = tuple[str, "Shape[Any]", Any]


class Early:
    """Finds parts of an answer as they complete."""

    def __init__(self, of: Any) -> None:
        self._of = of
        self._members = 0
        self._items = 0
        self._shapes: dict[tuple[str, ...], Shape[Any] | None] = {}

    def ready(self, value: Any) -> Iterator[Part]:
        """Give what became complete of the growing value."""
        if isinstance(value, list):
            yield from self._array(value, (), closed=False)
        elif isinstance(value, dict):
            last = len(value) - 1
            for number, (name, member) in enumerate(islice(list(value.items()), self._members, None), self._members):
                closed = number < last
                if closed:
                    self._members += 1
                if isinstance(member, list):
                    yield from self._array(member, (name,), closed=closed)
                elif closed:
                    yield from self._part((name,), pointer("", name), member)
                if closed:
                    self._items = 0

    def _array(self, items: list[Any], path: tuple[str, ...], *, closed: bool) -> Iterator[Part]:
        count = len(items) if closed else len(items) - 1
        where = "".join(pointer("", step) for step in path)
        for number in range(self._items, count):
            self._items = number + 1
            yield from self._part((*path, "*"), pointer(where, number), items[number])

    def _part(self, path: tuple[str, ...], where: str, value: Any) -> Iterator[Part]:
        if path not in self._shapes:
            of = self._of
            for step in path:
                of = _type_of_part(of, step)
            self._shapes[path] = None if of is Any else shape_of(of)
        shape = self._shapes[path]
        if shape is not None:
            yield where, shape, value


def _type_of_part(of: Any, step: str) -> Any:
    """Return the type of a member, or with `*` of an array's items; `Any` where it can't be told."""
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


#: Settings of a model that change nothing of what its members accept, or accept less.
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
