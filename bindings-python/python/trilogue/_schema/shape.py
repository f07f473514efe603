"""A Python type as a JSON Schema, and values of that schema as instances of the type.

Law: pydantic and msgspec know their own types and are asked where a type contains one of theirs; other types are `_derive`'s; a
plain JSON Schema is the core's validator's. Nothing is imported that the type does not show to be in use.
"""

from __future__ import annotations

import sys
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .derive import Deriver, Problem, Reading, pointer

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class MisfitError(Exception):
    """A value that doesn't fit its type: `problems` has each place, as a JSON pointer, and what is wrong there."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(f"{path or '(the whole)'}: {what}" for path, what in problems))
        self.problems = problems


class Shape(Generic[T]):
    """A type that JSON is read into."""

    def __init__(self, name: str, schema: dict[str, Any], convert: Callable[[Any], T]) -> None:
        #: What the type is called.
        self.name = name
        #: Its JSON Schema (draft 2020-12).
        self.schema = schema
        #: Makes an instance of a JSON value; raises MisfitError with all that is wrong.
        self.convert = convert

    @property
    def description(self) -> str | None:
        """What the type's docstring says."""
        text = self.schema.get("description")
        return text if isinstance(text, str) else None


def shape_of(of: Any) -> Shape[Any]:
    """Read a type, or a JSON Schema. Raises TypeError where JSON has no form for it."""
    if isinstance(of, Mapping):
        return _plain(dict(of))
    try:
        return _known(of)
    except TypeError:
        # Notes in `Annotated` may have no hash; and an error of the type itself comes again.
        return _read(of)


def _read(of: Any) -> Shape[Any]:
    # A type of these libraries can only exist where they are imported.
    pydantic, msgspec = sys.modules.get("pydantic"), sys.modules.get("msgspec")
    if pydantic is not None and _contains(of, _is_pydantic, set()):
        return _of_pydantic(of, pydantic)
    if msgspec is not None and _contains(of, lambda kind: hasattr(kind, "__struct_fields__"), set()):
        return _of_msgspec(of, msgspec)
    return _derived(of)


_known = lru_cache(maxsize=256)(_read)


def _is_pydantic(kind: Any) -> bool:
    """Whether this is a model, a dataclass or a type of pydantic's, or a note of its `Field` in `Annotated`."""
    marks = ("__pydantic_core_schema__", "__get_pydantic_core_schema__")
    return any(hasattr(kind, mark) for mark in marks) or type(kind).__module__.startswith("pydantic")


def _contains(of: Any, test: Callable[[Any], bool], seen: set[int]) -> bool:
    """Whether a type, or one that it is made of, passes a test."""
    if id(of) in seen:
        return False
    seen.add(id(of))
    if test(of):
        return True
    parts = [*typing.get_args(of), *getattr(of, "__metadata__", ())]
    origin = typing.get_origin(of) or of
    if hasattr(origin, "__value__"):
        parts.append(origin.__value__)
    fields = any(hasattr(origin, mark) for mark in ("__dataclass_fields__", "__required_keys__", "_field_defaults"))
    if fields and isinstance(origin, type):
        from .fields import fields_of

        found = fields_of(origin)
        parts += [field.annotation for field in found.fields] if found else []
    return any(_contains(part, test, seen) for part in parts)


def _name(of: Any) -> str:
    """Return a class's name; of anything else there is none."""
    own = isinstance(of, type) and typing.get_origin(of) is None and of.__module__ != "builtins"
    return of.__name__ if own else "answer"


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Put what the root refers to in its place: endpoints want to see an object there."""
    definitions: dict[str, Any] = schema.get("$defs", {})
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    if name not in definitions:
        return schema
    from json import dumps

    root: dict[str, Any] = {**definitions[name], **{key: value for key, value in schema.items() if key != "$ref"}}
    rest = {key: value for key, value in definitions.items() if key != name}
    # It stays where it is needed because it contains itself.
    kept = definitions if f'"#/$defs/{name}"' in dumps(definitions) else rest
    root.pop("$defs", None)
    return {**root, "$defs": kept} if kept else root


def _derived(of: Any) -> Shape[Any]:
    deriver = Deriver()
    kind = deriver.kind(of)
    schema = {**kind.schema, "$defs": deriver.definitions} if deriver.definitions else kind.schema

    def convert(value: Any) -> Any:
        reading = Reading()
        made = kind.read(value, "", reading)
        if reading.problems:
            raise MisfitError(reading.problems)
        return made

    return Shape(_name(of), _inlined(schema), convert)


def _of_pydantic(of: Any, pydantic: Any) -> Shape[Any]:
    adapter = pydantic.TypeAdapter(of)

    def convert(value: Any) -> Any:
        from json import dumps

        try:
            # As JSON: strict models, too, then take a date from a text.
            return adapter.validate_json(dumps(value))
        except pydantic.ValidationError as error:
            problems: list[Problem] = []
            for one in error.errors(include_url=False):
                path = ""
                for step in one["loc"]:
                    path = pointer(path, step)
                problems.append((path, str(one["msg"])))
            raise MisfitError(problems) from error

    return Shape(_name(of), _inlined(adapter.json_schema()), convert)


def _of_msgspec(of: Any, msgspec: Any) -> Shape[Any]:
    schema = _inlined(msgspec.json.schema(of))

    def convert(value: Any) -> Any:
        try:
            return msgspec.convert(value, of, str_keys=True)
        except msgspec.ValidationError as error:
            # It names the first problem alone; the validator, where it agrees that there are any, all of them.
            what, _, place = str(error).partition(" - at `$")
            path = place.rstrip("`").replace("[", "/").replace("]", "").replace(".", "/")
            raise MisfitError(_validate(schema, value) or [(path, what)]) from error

    return Shape(_name(of), schema, convert)


def _plain(schema: dict[str, Any]) -> Shape[Any]:
    def convert(value: Any) -> Any:
        problems = _validate(schema, value)
        if problems:
            raise MisfitError(problems)
        return value

    title = schema.get("title")
    return Shape(title if isinstance(title, str) and title else "answer", schema, convert)


def _validate(schema: dict[str, Any], value: Any) -> list[Problem]:
    from .._operations import assist

    return [(one["path"], one["message"]) for one in assist("validate", schema=schema, value=value)["errors"]]
