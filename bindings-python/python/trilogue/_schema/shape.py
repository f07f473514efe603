"""Python types as JSON Schemas, and JSON values as instances of the types.

Types of pydantic and msgspec, and types that contain them, are handled by these libraries, other types by `derive`, and plain JSON Schemas by
the core's validator. A library is only used if the program has imported it.
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
    """A value that doesn't fit its type. `problems` has a JSON pointer and a description for each problem."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(f"{path or '(root)'}: {what}" for path, what in problems))
        self.problems = problems

    def to_json(self, path: str = "") -> list[Any]:
        """Return the problems for the core, of a value at `path`."""
        return [{"path": path + location, "message": problem} for location, problem in self.problems]


class Shape(Generic[T]):
    """A type into which JSON is read."""

    def __init__(self, name: str, schema: dict[str, Any], convert: Callable[[Any], T]) -> None:
        #: The name of the type.
        self.name = name
        #: Its JSON Schema (draft 2020-12).
        self.schema = schema
        #: Creates an instance from a JSON value; raises MisfitError with all problems.
        self.convert = convert


def shape_of(of: Any) -> Shape[Any]:
    """Return the shape of a type or of a JSON Schema. Raises TypeError for a type without a JSON form."""
    if isinstance(of, Mapping):
        return _plain(dict(of))
    try:
        return _known(of)
    except TypeError:
        # Metadata in `Annotated` may not be hashable. An error of the type itself is raised again.
        return _read(of)


def _read(of: Any) -> Shape[Any]:
    # A type of these libraries can only exist if they are imported.
    pydantic, msgspec = sys.modules.get("pydantic"), sys.modules.get("msgspec")
    if pydantic is not None and _contains(of, _is_pydantic, set()):
        return _of_pydantic(of, pydantic)
    if msgspec is not None and _contains(of, lambda kind: hasattr(kind, "__struct_fields__"), set()):
        return _of_msgspec(of, msgspec)
    return _derived(of)


_known = lru_cache(maxsize=256)(_read)


def _is_pydantic(kind: Any) -> bool:
    """Return whether this is a type of pydantic's, or its `Field` in `Annotated`."""
    markers = ("__pydantic_core_schema__", "__get_pydantic_core_schema__")
    return any(hasattr(kind, marker) for marker in markers) or type(kind).__module__.startswith("pydantic")


def _contains(of: Any, test: Callable[[Any], bool], seen: set[int]) -> bool:
    """Return whether a type, or a type that it contains, passes a test."""
    if id(of) in seen:
        return False
    seen.add(id(of))
    if test(of):
        return True
    parts = [*typing.get_args(of), *getattr(of, "__metadata__", ())]
    origin = typing.get_origin(of) or of
    if hasattr(origin, "__value__"):
        parts.append(origin.__value__)
    has_fields = any(
        hasattr(origin, marker) for marker in ("__dataclass_fields__", "__required_keys__", "_field_defaults")
    )
    if has_fields and isinstance(origin, type):
        from .fields import fields_of

        declared = fields_of(origin)
        parts += [field.annotation for field in declared.fields] if declared else []
    return any(_contains(part, test, seen) for part in parts)


def _name(of: Any) -> str:
    """Return the name of a class, or a default for other types."""
    own = isinstance(of, type) and typing.get_origin(of) is None and of.__module__ != "builtins"
    return of.__name__ if own else "answer"


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Replace a reference at the root by its definition: endpoints require an object there."""
    definitions: dict[str, Any] = schema.get("$defs", {})
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    if name not in definitions:
        return schema
    from json import dumps

    root: dict[str, Any] = {**definitions[name], **{key: value for key, value in schema.items() if key != "$ref"}}
    rest = {key: value for key, value in definitions.items() if key != name}
    # The definition stays if it refers to itself.
    remaining = definitions if f'"#/$defs/{name}"' in dumps(definitions) else rest
    root.pop("$defs", None)
    return {**root, "$defs": remaining} if remaining else root


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
            # From JSON text, so that strict models also accept dates as texts.
            return adapter.validate_json(dumps(value))
        except pydantic.ValidationError as error:
            problems: list[Problem] = []
            for problem in error.errors(include_url=False):
                path = ""
                for step in problem["loc"]:
                    path = pointer(path, step)
                problems.append((path, str(problem["msg"])))
            raise MisfitError(problems) from error

    return Shape(_name(of), _inlined(adapter.json_schema()), convert)


def _of_msgspec(of: Any, msgspec: Any) -> Shape[Any]:
    schema = _inlined(msgspec.json.schema(of))

    def convert(value: Any) -> Any:
        try:
            return msgspec.convert(value, of, str_keys=True)
        except msgspec.ValidationError as error:
            # msgspec reports the first problem only; the core's validator reports all, if it finds any.
            text, _, location = str(error).partition(" - at `$")
            path = location.rstrip("`").replace("[", "/").replace("]", "").replace(".", "/")
            raise MisfitError(_validate(schema, value) or [(path, text)]) from error

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
    from .._generated.operations import operation

    return [
        (problem["path"], problem["message"]) for problem in operation("validate", schema=schema, value=value)["errors"]
    ]
