"""`pydantic_function_tool` and the arguments that are read into its models; `transform_schema`.

The core writes the strict schemas of both formats.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .._generated.operations import operation
from .._schema.shape import shape_of

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
    definition: Any = {"name": name or model.__name__, "strict": True, "parameters": _strict("chat", model)}
    if description is not None:
        definition["description"] = description
    return {"type": "function", "function": PydanticFunctionTool(definition, model)}  # type: ignore[typeddict-item]  # pyright: ignore[reportReturnType]


def transform_schema(json_schema: type[Any] | Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of a type, or a JSON Schema, in the form that `output_format` of Anthropic's API accepts.

    Raises TypeError for a type without a JSON form, InvalidRequestError for one that strict mode can't express.
    """
    return _strict("messages", json_schema)


def _strict(endpoint: Any, of: Any) -> dict[str, Any]:
    schema = dict(of) if hasattr(of, "keys") else shape_of(of).schema
    planned: Any = operation(
        "plan_answer", endpoint=endpoint, request={}, schema=schema, name="tool", mode="json_schema", strict=True
    )
    request = planned["request"]
    if endpoint == "chat":
        strict: dict[str, Any] = request["response_format"]["json_schema"]["schema"]
    else:
        strict = (request.get("output_format") or request["output_config"]["format"])["schema"]
    return strict


def set_parsed_arguments(completion: Any, tools: Any) -> None:
    """Read the arguments of a completion's tool calls: into the model of a pydantic tool, into a dict for another strict function."""
    functions = {
        tool["function"]["name"]: tool["function"]
        for tool in tools or ()
        if hasattr(tool, "keys") and "name" in (tool.get("function") or ())
    }
    for choice in completion.choices or ():
        for call in choice.message.tool_calls or ():
            definition = functions.get(call.function.name) if call.function else None
            if isinstance(definition, PydanticFunctionTool):
                shape = shape_of(definition.model)
                value = json.loads(call.function.arguments)
                value = shape.convert(operation("remove_nulls", schema=shape.schema, value=value)["value"])
            elif definition is not None and definition.get("strict"):
                value = json.loads(call.function.arguments)
            else:
                continue
            call.function.__dict__["parsed_arguments"] = value
