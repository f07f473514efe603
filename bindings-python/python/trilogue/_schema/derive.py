"""JSON Schemas of Python's own types: types of `typing`, dataclasses, `TypedDict`s, named tuples, enums.

A type is translated once, into a schema and a reader of values. A reader collects every problem with its path, and converts only values that
JSON can't express: dates, decimals, sets, enums. Types of pydantic and msgspec are handled in `shape`.
"""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .fields import ClassFields

#: A problem: a JSON pointer (`/items/0/name`) and a description.
Problem = tuple[str, str]


class Reading:
    """The state of reading one value."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        #: The number of members without a field. If several types of a union fit, the one with the fewest is chosen.
        self.extras = 0

    def add_problem(self, path: str, problem: str) -> None:
        """Add a problem."""
        self.problems.append((path, problem))


class Kind:
    """A type, as its schema and the reader of its values."""

    def __init__(self, schema: dict[str, Any], read: Callable[[Any, str, Reading], Any]) -> None:
        self.schema = schema
        self.read = read


def describe(value: Any) -> str:
    """Return a description of a JSON value for a message."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    name = names.get(type(value), "a number")
    from json import dumps

    return f"{name} ({dumps(value, ensure_ascii=False)[:60]})" if isinstance(value, (str, int, float)) else name


def pointer(path: str, step: str | int) -> str:
    """Return the JSON pointer to a member of the value at `path`."""
    return f"{path}/{str(step).replace('~', '~0').replace('/', '~1')}"


#: Bounds in `Annotated`: their keywords in a schema, and the conditions.
_BOUNDS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "ge": ("minimum", lambda value, bound: value >= bound),
    "gt": ("exclusiveMinimum", lambda value, bound: value > bound),
    "le": ("maximum", lambda value, bound: value <= bound),
    "lt": ("exclusiveMaximum", lambda value, bound: value < bound),
    "multiple_of": ("multipleOf", lambda value, bound: value % bound == 0),
    "min_length": ("min", lambda value, bound: len(value) >= bound),
    "max_length": ("max", lambda value, bound: len(value) <= bound),
}


class Deriver:
    """Translates types. Classes are translated once, so that they may contain themselves."""

    def __init__(self) -> None:
        #: Schemas of classes by name: `$defs`.
        self.definitions: dict[str, dict[str, Any]] = {}
        self._named: dict[Any, Kind] = {}

    def kind(self, of: Any, known: Mapping[Any, Any] | None = None) -> Kind:
        """Translate a type; `known` are the arguments of a generic class. Raises TypeError for a type without a JSON form."""
        known = known or {}
        if isinstance(of, typing.TypeVar):
            return self.kind(known.get(of, of.__bound__ or Any), known)
        if of is None or of is type(None):
            return Kind({"type": "null"}, _instance(type(None), "null"))
        if of is Any or of is object:
            return Kind({}, lambda value, _path, _reading: value)
        if hasattr(of, "__supertype__"):
            return self.kind(of.__supertype__, known)
        if hasattr(of, "__metadata__"):
            return self._annotated(of, known)
        if hasattr(of, "__value__"):
            return self._definition(of, of.__name__, lambda: self.kind(of.__value__, known))
        origin = typing.get_origin(of)
        arguments = typing.get_args(of)
        if origin is None:
            plain = self._plain(of)
            return plain if plain is not None else self._class(of, of, {})
        if getattr(origin, "_name", None) in ("Required", "NotRequired", "ReadOnly"):
            return self.kind(arguments[0], known)
        if origin is typing.Literal:
            return _choices(list(arguments), {value: value for value in arguments})
        if origin is typing.Union or getattr(origin, "__name__", "") == "UnionType":
            return self._union([self.kind(argument, known) for argument in arguments])
        if isinstance(origin, type):
            container = self._container(origin, arguments, known)
            if container is not None:
                return container
            parameters = getattr(origin, "__parameters__", ())
            types = [known.get(argument, argument) for argument in arguments]
            return self._class(of, origin, dict(zip(parameters, types, strict=False)))
        return _unknown(of)

    def _plain(self, of: Any) -> Kind | None:
        """Translate a type of single JSON values."""
        import datetime
        import decimal
        import enum
        import uuid

        def parsed(schema: dict[str, Any], parse: Callable[[str], Any], name: str) -> Kind:
            def read(value: Any, path: str, reading: Reading) -> Any:
                is_number = "pattern" in schema and isinstance(value, (int, float)) and not isinstance(value, bool)
                try:
                    if isinstance(value, str) or is_number:
                        return parse(str(value))
                except (ValueError, ArithmeticError):
                    pass
                reading.add_problem(path, f"is {describe(value)}, not {name}")
                return None

            return Kind({"type": "string", **schema}, read)

        def time(parse: Callable[[str], Any]) -> Callable[[str], Any]:
            # Python before 3.11 doesn't parse `Z`.
            return lambda text: parse(text[:-1] + "+00:00" if text[-1:] in "zZ" else text)

        if of is str:
            return Kind({"type": "string"}, _instance(str, "a string"))
        if of is bool:
            return Kind({"type": "boolean"}, _instance(bool, "a boolean"))
        if of is int:
            return Kind({"type": "integer"}, _read_int)
        if of is float:
            return Kind({"type": "number"}, _read_float)
        if of is datetime.datetime:
            return parsed({"format": "date-time"}, time(datetime.datetime.fromisoformat), "a date and time (RFC 3339)")
        if of is datetime.date:
            return parsed({"format": "date"}, datetime.date.fromisoformat, "a date (YYYY-MM-DD)")
        if of is datetime.time:
            return parsed({"format": "time"}, time(datetime.time.fromisoformat), "a time")
        if of is uuid.UUID:
            return parsed({"format": "uuid"}, uuid.UUID, "a UUID")
        if of is decimal.Decimal:
            return parsed({"pattern": r"^-?[0-9]+(\.[0-9]+)?$"}, decimal.Decimal, "a decimal number")
        if isinstance(of, type) and issubclass(of, enum.Enum):
            members = list(of)
            return _choices([member.value for member in members], {member.value: member for member in members})
        if of in (list, tuple, set, frozenset, dict):
            return self._container(of, (), {})
        return None

    def _container(self, origin: type, arguments: tuple[Any, ...], known: Mapping[Any, Any]) -> Kind | None:
        from collections import abc

        if origin in (dict, abc.Mapping, abc.MutableMapping):
            key, value = arguments or (str, Any)
            if key is not str:
                message = f"JSON has no keys of type {key!r}; use dict[str, ...]"
                raise TypeError(message)
            return _mapping(self.kind(value, known))
        if origin is tuple and arguments and arguments[-1] is not Ellipsis:
            return _tuple([self.kind(argument, known) for argument in arguments if argument != ()])
        factories: dict[type, Callable[[Iterable[Any]], Any]] = {
            list: list,
            tuple: tuple,
            set: set,
            frozenset: frozenset,
        }
        factories |= {
            abc.Sequence: list,
            abc.Iterable: list,
            abc.Collection: list,
            abc.MutableSequence: list,
            abc.Set: set,
        }
        if origin in factories:
            return _array(self.kind(arguments[0] if arguments else Any, known), factories[origin])
        return None

    def _annotated(self, of: Any, known: Mapping[Any, Any]) -> Kind:
        kind = self.kind(of.__origin__, known)
        schema: dict[str, Any] = dict(kind.schema)
        bounds: list[tuple[str, Any, Callable[[Any, Any], bool]]] = []
        for note in of.__metadata__:
            text = note if isinstance(note, str) else getattr(note, "description", getattr(note, "documentation", None))
            if isinstance(text, str):
                schema["description"] = text
            for name, (keyword, holds) in _BOUNDS.items():
                bound = getattr(note, name, None)
                if bound is not None and not callable(bound):
                    if keyword in ("min", "max"):
                        keyword += {"array": "Items", "object": "Properties"}.get(str(schema.get("type")), "Length")
                    schema[keyword] = bound
                    bounds.append((keyword, bound, holds))
        if not bounds:
            return Kind(schema, kind.read)

        def read(value: Any, path: str, reading: Reading) -> Any:
            before = len(reading.problems)
            result = kind.read(value, path, reading)
            if len(reading.problems) == before and result is not None:
                for keyword, bound, holds in bounds:
                    if not holds(result, bound):
                        reading.add_problem(path, f"is {describe(value)}, which violates {keyword}: {bound}")
            return result

        return Kind(schema, read)

    def _union(self, kinds: list[Kind]) -> Kind:
        def read(value: Any, path: str, reading: Reading) -> Any:
            tries: list[tuple[Reading, Any]] = []
            for kind in kinds:
                trial = Reading()
                tries.append((trial, kind.read(value, path, trial)))
            fitting = [attempt for attempt in tries if not attempt[0].problems]
            if fitting:
                trial, result = min(fitting, key=lambda attempt: attempt[0].extras)
                reading.extras += trial.extras
                return result
            # A branch whose problems are all below the value is likely the intended one.
            close = [trial for trial, _ in tries if all(location != path for location, _ in trial.problems)]
            if close:
                reading.problems += min(close, key=lambda trial: len(trial.problems)).problems
            else:
                for trial, _ in tries:
                    reading.problems += [problem for problem in trial.problems if problem not in reading.problems]
            return None

        return Kind({"anyOf": [kind.schema for kind in kinds]}, read)

    def _definition(self, key: Any, name: str, make: Callable[[], Kind]) -> Kind:
        """Translate a type with a name into a definition, and return a reference to it."""
        if key in self._named:
            return self._named[key]
        unique, number = name, 2
        while unique in self.definitions:
            unique, number = f"{name}_{number}", number + 1
        kind = Kind({"$ref": f"#/$defs/{unique}"}, lambda value, path, reading: definition.read(value, path, reading))
        self._named[key] = kind
        self.definitions[unique] = {}
        definition = make()
        self.definitions[unique] = definition.schema
        return kind

    def _class(self, of: Any, origin: Any, arguments: Mapping[Any, Any]) -> Kind:
        from .fields import fields_of

        fields = fields_of(origin) if isinstance(origin, type) else None
        if fields is None:
            return _unknown(of)
        names = [getattr(argument, "__name__", str(argument)) for argument in arguments.values()]
        name = "_".join([origin.__name__, *names])
        return self._definition(of, name, lambda: _object(fields, lambda annotation: self.kind(annotation, arguments)))


def _unknown(of: Any) -> Kind:
    message = (
        f"{of!r} has no JSON Schema; use a dataclass, a TypedDict, a pydantic model, a msgspec Struct, "
        "a type of typing for JSON values, or a JSON Schema as a dict"
    )
    raise TypeError(message)


def _instance(kind: type, name: str) -> Callable[[Any, str, Reading], Any]:
    def read(value: Any, path: str, reading: Reading) -> Any:
        if not isinstance(value, kind):
            reading.add_problem(path, f"is {describe(value)}, not {name}")
        return value

    return read


def _read_int(value: Any, path: str, reading: Reading) -> Any:
    # JSON has one type of numbers: 1.0 is an integer.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        reading.add_problem(path, f"is {describe(value)}, not an integer")
    return value


def _read_float(value: Any, path: str, reading: Reading) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        reading.add_problem(path, f"is {describe(value)}, not a number")
        return value
    return float(value)


def _choices(values: list[Any], members: dict[Any, Any]) -> Kind:
    from json import dumps

    listed = ", ".join(dumps(value, ensure_ascii=False, default=str) for value in values)
    types = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
    kinds = {type(value) for value in values}
    if not kinds <= types.keys():
        message = f"the values {listed} have no JSON form"
        raise TypeError(message)
    schema: dict[str, Any] = {"enum": values}
    if len(kinds) == 1:
        schema = {"type": types[kinds.pop()], **schema}

    def read(value: Any, path: str, reading: Reading) -> Any:
        for known, member in members.items():
            # True equals 1 in Python.
            if known == value and isinstance(known, bool) == isinstance(value, bool):
                return member
        reading.add_problem(path, f"is {describe(value)}, not one of {listed}")
        return None

    return Kind(schema, read)


def _array(item: Kind, make: Callable[[Iterable[Any]], Any]) -> Kind:
    def read(value: Any, path: str, reading: Reading) -> Any:
        if not isinstance(value, list):
            reading.add_problem(path, f"is {describe(value)}, not an array")
            return None
        items = [item.read(element, pointer(path, index), reading) for index, element in enumerate(value)]
        try:
            return make(items)
        except TypeError as error:
            reading.add_problem(path, str(error))
            return None

    return Kind({"type": "array", "items": item.schema}, read)


def _tuple(items: list[Kind]) -> Kind:
    count = len(items)
    same = bool(items) and all(item.schema == items[0].schema for item in items)
    schema: dict[str, Any] = {"type": "array", "minItems": count, "maxItems": count}
    # Strict modes only support arrays with one type of items.
    schema |= {"items": items[0].schema} if same else {"prefixItems": [item.schema for item in items]}

    def read(value: Any, path: str, reading: Reading) -> Any:
        if not isinstance(value, list) or len(value) != count:
            found = f"an array of {len(value)}" if isinstance(value, list) else describe(value)
            reading.add_problem(path, f"is {found}, not an array of {count} items")
            return None
        pairs = enumerate(zip(items, value, strict=True))
        return tuple(item.read(element, pointer(path, index), reading) for index, (item, element) in pairs)

    return Kind(schema, read)


def _mapping(member: Kind) -> Kind:
    def read(value: Any, path: str, reading: Reading) -> Any:
        if not isinstance(value, dict):
            reading.add_problem(path, f"is {describe(value)}, not an object")
            return None
        return {name: member.read(item, pointer(path, name), reading) for name, item in value.items()}

    return Kind({"type": "object", "additionalProperties": member.schema or True}, read)


def _object(fields: ClassFields, kind: Callable[[Any], Kind]) -> Kind:
    kinds: dict[str, Kind] = {field.name: kind(field.annotation) for field in fields.fields}
    properties: dict[str, Any] = {}
    for field in fields.fields:
        properties[field.name] = dict(kinds[field.name].schema)
        if field.about:
            properties[field.name].setdefault("description", field.about)
    required = [field.name for field in fields.fields if field.required]
    schema: dict[str, Any] = {"type": "object", "title": fields.title}
    if fields.about:
        schema["description"] = fields.about
    schema |= {"properties": properties, "required": required, "additionalProperties": False}

    def read(value: Any, path: str, reading: Reading) -> Any:
        if not isinstance(value, dict):
            reading.add_problem(path, f"is {describe(value)}, not an object")
            return None
        before = len(reading.problems)
        members: dict[str, Any] = {}
        for name, member in kinds.items():
            if name in value:
                members[name] = member.read(value[name], pointer(path, name), reading)
            elif name in required:
                reading.add_problem(pointer(path, name), "is missing")
        reading.extras += sum(name not in kinds for name in value)
        if len(reading.problems) > before:
            return None
        try:
            return fields.make(**members)
        except (TypeError, ValueError) as error:
            # A class may check its values in its constructor.
            reading.add_problem(path, str(error))
            return None

    return Kind(schema, read)
