"""The names of `openai.types.completion_usage`."""

from __future__ import annotations

from .._generated.types import CompletionTokensDetails, PromptTokensDetails
from .._generated.types import Usage as CompletionUsage

__all__ = [
    "CompletionTokensDetails",
    "CompletionUsage",
    "PromptTokensDetails",
]
