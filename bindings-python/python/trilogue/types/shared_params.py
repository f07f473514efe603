"""The names of `openai.types.shared_params` that concern chat completions."""

from __future__ import annotations

from .shared import (
    FunctionDefinition,
    FunctionParameters,
    Metadata,
    ResponseFormatJSONObject,
    ResponseFormatJSONSchema,
    ResponseFormatText,
)

__all__ = [
    "FunctionDefinition",
    "FunctionParameters",
    "Metadata",
    "ResponseFormatJSONObject",
    "ResponseFormatJSONSchema",
    "ResponseFormatText",
]
