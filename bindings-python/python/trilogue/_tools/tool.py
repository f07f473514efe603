"""Functions that models call.

Law: a function's signature and docstring make the tool; its arguments are read as any other type is. Runs nothing by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from inspect import Parameter

    from .._schema.shape import Shape

    #: What `run_tools` takes as a tool: a function, or a tool that the provider runs, as the request holds it.
    Runnable = Callable[..., Any] | Mapping[str, Any]

F = TypeVar("F", bound="Callable[..., Any]")


class Tool(Generic[F]):
    """A function as a tool. Called, it is the function; as an attribute of an instance, it is the instance's."""

    def __init__(
        self, function: F, name: str | None = None, description: str | None = None, *, strict: bool | None = None
    ) -> None:
        self.function = function
        self._given = (name, description, strict)
        self._shape: Shape[Any] | None = None
        self._about = ""
        self.__name__ = name or str(getattr(function, "__name__", type(function).__name__))
        self.__doc__ = function.__doc__
        self.__wrapped__ = function

    if TYPE_CHECKING:
        # A decorated function is called as it was; its type is told by the decorator.
        __call__: F
    else:

        def __call__(self, *arguments: Any, **named: Any) -> Any:
            return self.function(*arguments, **named)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        bind: Any = self.function
        return Tool(bind.__get__(instance, owner), self._given[0], self._given[1], strict=self._given[2])

    def __repr__(self) -> str:
        return f"<trilogue.tool {self.name}>"

    @property
    def name(self) -> str:
        """What the model calls it."""
        return self.__name__

    @property
    def description(self) -> str:
        """What it does, for the model: the docstring's first paragraph, unless given."""
        self._read()
        return self._given[1] if self._given[1] is not None else self._about

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of its arguments. Raises TypeError where JSON has no form for one of them."""
        return self._read().schema

    def definition(self) -> dict[str, Any]:
        """Return the tool as the core takes it."""
        described = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return described if self._given[2] is None else {**described, "strict": self._given[2]}

    def bound(self, arguments: dict[str, Any]) -> Callable[[], Any]:
        """Read the model's arguments, and return the call. Raises MisfitError where they don't fit."""
        from dataclasses import fields

        made = self._read().convert(arguments)
        named = {field.name: getattr(made, field.name) for field in fields(made)}
        first = [
            named.pop(parameter.name) for parameter in self._parameters() if parameter.kind is parameter.POSITIONAL_ONLY
        ]
        return lambda: self.function(*first, **named)

    def _parameters(self) -> list[Parameter]:
        import inspect

        try:
            return list(inspect.signature(self.function, eval_str=True).parameters.values())
        except NameError as error:
            message = f"an annotation of {self.name} can't be read: {error}; define its types at the module's level"
            raise TypeError(message) from error

    def _read(self) -> Shape[Any]:
        """Read the signature, at first use: a method knows its instance only then."""
        if self._shape is not None:
            return self._shape
        from dataclasses import field, make_dataclass

        from .._schema import docs
        from .._schema.shape import Shape, shape_of

        members: list[tuple[str, Any, Any]] = []
        parameters = self._parameters()
        defaults = {parameter.name: parameter.default for parameter in parameters}
        for parameter in parameters:
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                message = f"{self.name} takes {parameter}: a tool's parameters need names"
                raise TypeError(message)
            annotation = Any if parameter.annotation is parameter.empty else parameter.annotation
            member: Any = (
                field() if parameter.default is parameter.empty else field(default_factory=_giver(parameter.default))
            )
            members.append((parameter.name, annotation, member))
        arguments = make_dataclass("Arguments", members, kw_only=True)
        arguments.__doc__ = None
        shape = shape_of(arguments)
        self._about, described = docs.read(self.__doc__)
        properties = {name: dict(schema) for name, schema in shape.schema.get("properties", {}).items()}
        for name, schema in properties.items():
            # What pydantic makes of a name says nothing more.
            schema.pop("title", None)
            if described.get(name):
                schema.setdefault("description", described[name])
            if isinstance(defaults.get(name), (str, int, float)):
                schema.setdefault("default", defaults[name])
        schema = {**shape.schema, "type": "object", "properties": properties}
        schema.pop("title", None)
        self._shape = Shape(self.name, schema, shape.convert)
        return self._shape


def _giver(value: Any) -> Callable[[], Any]:
    return lambda: value


@overload
def tool(function: F, /) -> F: ...


@overload
def tool(
    *, name: str | None = None, description: str | None = None, strict: bool | None = None
) -> Callable[[F], F]: ...


def tool(
    function: Any = None, /, *, name: str | None = None, description: str | None = None, strict: bool | None = None
) -> Any:
    """Make a function a tool that models can call, with or without arguments: `@tool`, `@tool(name="search")`.

    Type hints make the JSON Schema of its parameters; the docstring's first paragraph is its description, and what it says of the
    parameters (in Google's, NumPy's or reST's style) theirs. The result is called as the function is, and goes to `run_tools`, which
    takes plain functions too. Functions and methods may be `async`.

    name, description: instead of the function's own. strict: whether the endpoint shall hold the model to the schema.

    What JSON has no form for is a TypeError at first use.
    """
    if function is not None:
        return Tool(function)
    return lambda function: Tool(function, name, description, strict=strict)


def tool_of(function: Any) -> Tool[Any]:
    """Return a function, or what `tool` made, as a tool."""
    if isinstance(function, Tool):
        return function
    if callable(function):
        return Tool(function)
    message = f"{function!r} is no tool: give functions, or dicts for tools that the provider runs"
    raise TypeError(message)


def text_of(result: Any) -> str:
    """Return a function's result as the model is told it: a text as it is, anything else as JSON."""
    if isinstance(result, str):
        return result
    from json import dumps

    return dumps(result, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    """Return what JSON has no form for in one that it has; what has none, as a text."""
    import dataclasses
    import enum
    import sys

    if isinstance(value, type):
        return value.__name__
    for method in ("to_dict", "model_dump"):
        make: Any = getattr(value, method, None)
        if make is not None:
            return make()
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (set, frozenset, tuple)) or hasattr(value, "__next__"):
        return list(value)
    if hasattr(value, "keys"):
        return dict(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    msgspec = sys.modules.get("msgspec")
    if msgspec is not None and isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value)
    return str(value)
