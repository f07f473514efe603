"""`pydantic_function_tool` and the arguments that are read into its models; `transform_schema`.

The core writes the strict schemas of both formats.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from .._generated.operations import operation
from .._schema.shape import MisfitError, shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._generated.params import ChatCompletionFunctionToolParam


class PydanticFunctionTool(dict["str", "Any"]):
    """The definition of a function whose arguments are a pydantic model."""

    def __init__(self, definition: dict[str, Any], model: Any) -> None:
        super().__init__(definition)
        #: The model.
        self.model = model


def pydantic_function_tool(
    model: type[Any], *, name: str | None = None, description: str | None = None
) -> ChatCompletionFunctionToolParam:
    """Return a tool whose arguments are a pydantic model, for chat completions.

    `chat.completions.parse` reads the arguments of its calls into the model: `call.function.parsed_arguments`.

    name: by default the name of the class. description: by default its docstring.

    Raises TypeError for a type without a JSON form, InvalidRequestError for one that strict mode can't express.
    """
    description = model.__doc__ if description is None else description
    definition: Any = {"name": name or model.__name__, "strict": True, "parameters": _strict(model)}
    if description is not None:
        definition["description"] = description
    return {"type": "function", "function": PydanticFunctionTool(definition, model)}  # type: ignore[typeddict-item]  # pyright: ignore[reportReturnType]


def transform_schema(json_schema: type[Any] | Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of a type, or a JSON Schema, in the form that `output_format` of Anthropic's API accepts.

    Keywords that the API doesn't support become part of the description. Raises TypeError for a type without a JSON form, InvalidRequestError
    for a schema without a type.
    """
    schema: dict[str, Any] = operation("transform_schema", schema=_schema_of(json_schema))["schema"]
    return schema


def _schema_of(of: Any) -> dict[str, Any]:
    return dict(of) if hasattr(of, "keys") else shape_of(of).schema


def _strict(of: Any) -> dict[str, Any]:
    """Return the schema of a type in OpenAI's strict form."""
    planned: Any = operation(
        "plan_answer",
        endpoint="chat",
        request={},
        schema=_schema_of(of),
        name="tool",
        mode="json_schema",
        strict=True,
    )
    strict: dict[str, Any] = planned["request"]["response_format"]["json_schema"]["schema"]
    return strict


class FunctionTools:
    """The functions of a request whose arguments are parsed: those of pydantic models, and others with `strict`."""

    def __init__(self, functions: dict[str, Any]) -> None:
        #: The definitions by name.
        self._functions = functions

    def __contains__(self, name: object) -> bool:
        return name in self._functions

    def parse(self, name: str, arguments: str) -> Any:
        """Return arguments as an instance of the function's model, or as a dict; `None` for a function that is not strict.

        Raises ValueError for arguments that are not JSON, MisfitError for those that don't fit the model.
        """
        definition = self._functions.get(name)
        if definition is None:
            return None
        value = json.loads(arguments)
        if not isinstance(definition, PydanticFunctionTool):
            return value
        shape = shape_of(definition.model)
        return shape.convert(operation("remove_nulls", schema=shape.schema, value=value)["value"])

    def set_arguments(self, completion: Any) -> None:
        """Set `parsed_arguments` of a completion's tool calls."""
        for choice in completion.choices or ():
            for call in choice.message.tool_calls or ():
                if call.function:
                    value = self.parse(call.function.name, call.function.arguments)
                    call.function.__dict__["parsed_arguments"] = value


class _ToolReading:
    """A stream whose events and completion have the arguments of tool calls as instances."""

    if TYPE_CHECKING:
        _items: Any

    #: The functions of the request.
    functions: FunctionTools

    def _take(self, batch: Any) -> None:
        super()._take(batch)  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
        events = list(self._items)
        for event in events:
            if event.type == "tool_calls.function.arguments.done" and event.name in self.functions:
                # The end of the stream reports arguments that don't fit.
                with suppress(ValueError, MisfitError):
                    event._set_parsed(self.functions.parse(event.name, event.arguments))
        self._items = iter(events)

    def _final(self) -> Any:
        final: Any = super()._final()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
        self.functions.set_arguments(final)
        return final


@cache
def tool_reading(kind: type[Any]) -> type[Any]:
    """Return the subclass of a class of streams that has the arguments of tool calls as instances. Its `functions` must be set."""
    return type(kind.__name__, (_ToolReading, kind), {"__module__": kind.__module__})
