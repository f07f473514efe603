"""Functions as tools that models call.

A tool's name, description and parameters come from the function's signature and docstring. Arguments are converted to the annotated types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from inspect import Parameter

    from .._schema.shape import Shape

    #: A tool of `run_tools`: a function, or the definition of a tool that the provider runs.
    Runnable = Callable[..., Any] | Mapping[str, Any]

F = TypeVar("F", bound="Callable[..., Any]")


class Tool(Generic[F]):
    """A function as a tool. Calling it calls the function; as an attribute of an instance it is a bound method."""

    def __init__(
        self, function: F, name: str | None = None, description: str | None = None, *, strict: bool | None = None
    ) -> None:
        self.function = function
        self._options = (name, description, strict)
        self._shape: Shape[Any] | None = None
        self._docstring = ""
        self.__name__ = name or str(getattr(function, "__name__", type(function).__name__))
        self.__doc__ = function.__doc__
        self.__wrapped__ = function

    if TYPE_CHECKING:
        # A decorated function keeps its signature, which the decorator declares.
        __call__: F
    else:

        def __call__(self, *arguments: Any, **named: Any) -> Any:
            return self.function(*arguments, **named)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        bind: Any = self.function
        return Tool(bind.__get__(instance, owner), self._options[0], self._options[1], strict=self._options[2])

    def __repr__(self) -> str:
        return f"<trilogue.tool {self.name}>"

    @property
    def name(self) -> str:
        """The name for the model."""
        return self.__name__

    @property
    def description(self) -> str:
        """The description for the model: by default the docstring's first paragraph."""
        self._read()
        return self._options[1] if self._options[1] is not None else self._docstring

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of the arguments. Raises TypeError for a type without a JSON form."""
        return self._read().schema

    def definition(self) -> dict[str, Any]:
        """Return the definition of the tool, for the core."""
        definition = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return definition if self._options[2] is None else {**definition, "strict": self._options[2]}

    def bound(self, arguments: dict[str, Any]) -> Callable[[], Any]:
        """Convert the model's arguments, and return a function that makes the call. Raises MisfitError if they don't fit."""
        from dataclasses import fields

        converted = self._read().convert(arguments)
        named = {field.name: getattr(converted, field.name) for field in fields(converted)}
        positional = [
            named.pop(parameter.name) for parameter in self._parameters() if parameter.kind is parameter.POSITIONAL_ONLY
        ]
        return lambda: self.function(*positional, **named)

    def _parameters(self) -> list[Parameter]:
        import inspect

        try:
            return list(inspect.signature(self.function, eval_str=True).parameters.values())
        except NameError as error:
            message = f"an annotation of {self.name} can't be resolved: {error}; define its types at module level"
            raise TypeError(message) from error

    def _read(self) -> Shape[Any]:
        """Read the signature, at first use: annotations may name types that are defined later."""
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
                message = f"{self.name} takes {parameter}, but every parameter of a tool needs a name"
                raise TypeError(message)
            annotation = Any if parameter.annotation is parameter.empty else parameter.annotation
            member: Any = (
                field() if parameter.default is parameter.empty else field(default_factory=_constant(parameter.default))
            )
            members.append((parameter.name, annotation, member))
        arguments = make_dataclass("Arguments", members, kw_only=True)
        arguments.__doc__ = None
        shape = shape_of(arguments)
        self._docstring, described = docs.read(self.__doc__)
        properties = {name: dict(schema) for name, schema in shape.schema.get("properties", {}).items()}
        for name, schema in properties.items():
            # pydantic's titles only repeat the names.
            schema.pop("title", None)
            if described.get(name):
                schema.setdefault("description", described[name])
            if isinstance(defaults.get(name), (str, int, float)):
                schema.setdefault("default", defaults[name])
        schema = {**shape.schema, "type": "object", "properties": properties}
        schema.pop("title", None)
        self._shape = Shape(self.name, schema, shape.convert)
        return self._shape


def _constant(value: Any) -> Callable[[], Any]:
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
    """Make a function a tool that models can call: `@tool`, or with arguments `@tool(name="search")`.

    The type hints define the JSON Schema of the parameters. The first paragraph of the docstring is the description of the tool, and its
    section about parameters (in Google's, NumPy's or reST's style) has theirs. The tool is called like the function, and is passed to
    `run_tools`, which also takes plain functions. Functions and methods may be `async`.

    name, description: replace the function's own. strict: whether the endpoint holds the model to the schema.

    A parameter type without a JSON form raises TypeError at first use.
    """
    if function is not None:
        return Tool(function)
    return lambda function: Tool(function, name, description, strict=strict)


def tool_of(function: Any) -> Tool[Any]:
    """Return a function as a tool. A tool is returned unchanged."""
    if isinstance(function, Tool):
        return function
    if callable(function):
        return Tool(function)
    message = f"{function!r} is not a tool; pass functions, or dicts for tools that the provider runs"
    raise TypeError(message)


def text_of(result: Any) -> str:
    """Return a function's result as text for the model: a `str` unchanged, any other value as JSON."""
    if isinstance(result, str):
        return result
    from json import dumps

    return dumps(result, ensure_ascii=False, default=_to_json)


def _to_json(value: Any) -> Any:
    """Return a JSON value for another value: its text, if it has no other form."""
    import dataclasses
    import enum
    import sys

    if isinstance(value, type):
        return value.__name__
    for method in ("to_dict", "model_dump"):
        dump: Any = getattr(value, method, None)
        if dump is not None:
            return dump()
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
