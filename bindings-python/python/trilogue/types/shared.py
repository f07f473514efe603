"""The names of `openai.types.shared` that concern chat completions."""

from __future__ import annotations

from typing import Any, TypeAlias

from .._generated.params import FunctionDefinitionParam as FunctionDefinition
from .._generated.params import ResponseFormatJSONObjectParam as ResponseFormatJSONObject
from .._generated.params import ResponseFormatJSONSchemaParam as ResponseFormatJSONSchema
from .._generated.params import ResponseFormatTextParam as ResponseFormatText

__all__ = [
    "FunctionDefinition",
    "FunctionParameters",
    "Metadata",
    "ResponseFormatJSONObject",
    "ResponseFormatJSONSchema",
    "ResponseFormatText",
]


FunctionParameters: TypeAlias = dict[str, Any]
Metadata: TypeAlias = dict[str, str]
