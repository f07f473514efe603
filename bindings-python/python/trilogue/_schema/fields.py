"""The declared fields of classes that are JSON objects: dataclasses, `TypedDict`s, named tuples."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any, NamedTuple

from . import docs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Field(NamedTuple):
    """A field."""

    name: str
    annotation: Any
    required: bool
    about: str


class ClassFields(NamedTuple):
    """The fields of a class."""

    title: str
    about: str
    #: Creates an instance from its fields.
    make: Callable[..., Any]
    fields: list[Field]


def fields_of(kind: type) -> ClassFields | None:
    """Return the fields of a class; `None` for a class without declared fields. Raises TypeError for an annotation with an unknown name."""
    if hasattr(kind, "__dataclass_fields__"):
        read = _dataclass
    elif hasattr(kind, "__total__") and hasattr(kind, "__required_keys__"):
        read = _typed_dict
    elif issubclass(kind, tuple) and hasattr(kind, "_field_defaults"):
        read = _named_tuple
    else:
        return None
    about, members = docs.of_class(kind)
    fields = [
        Field(name, annotation, required, text or members.get(name, ""))
        for name, annotation, required, text in read(kind)
    ]
    return ClassFields(kind.__name__, about, kind, fields)


def _hints(kind: type) -> dict[str, Any]:
    try:
        # A class inside a function isn't among the names of its module.
        return typing.get_type_hints(kind, None, {kind.__name__: kind}, include_extras=True)
    except NameError as error:
        message = f"an annotation of {kind.__name__} can't be resolved: {error}; define its types at module level"
        raise TypeError(message) from error


def _dataclass(kind: type) -> Iterator[tuple[str, Any, bool, str]]:
    from dataclasses import MISSING, fields

    hints = _hints(kind)
    for field in fields(kind):
        if field.init:
            required = field.default is MISSING and field.default_factory is MISSING
            about = getattr(field, "doc", None) or field.metadata.get("description") or field.metadata.get("doc")
            yield field.name, hints[field.name], required, about or ""


def _typed_dict(kind: type) -> Iterator[tuple[str, Any, bool, str]]:
    required: frozenset[str] = getattr(kind, "__required_keys__", frozenset())
    for name, hint in _hints(kind).items():
        # The class doesn't see markers in annotations that are strings.
        marker = getattr(typing.get_origin(hint), "_name", None)
        yield name, hint, {"Required": True, "NotRequired": False}.get(str(marker), name in required), ""


def _named_tuple(kind: type) -> Iterator[tuple[str, Any, bool, str]]:
    defaults: dict[str, Any] = getattr(kind, "_field_defaults", {})
    for name, hint in _hints(kind).items():
        yield name, hint, name not in defaults, ""
