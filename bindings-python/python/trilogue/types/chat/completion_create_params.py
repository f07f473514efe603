"""The names of `openai.types.chat.completion_create_params`."""

from __future__ import annotations

import typing
from collections.abc import Iterable  # noqa: TC003  (for `get_type_hints`)
from typing import TYPE_CHECKING, Literal, TypeAlias

from ..._generated.params import ChatCompletionMessageParam, ChatOptions

if TYPE_CHECKING:
    from typing_extensions import Required
else:
    # Python 3.10 lacks it; there the hint says that the field may be missing.
    Required = getattr(typing, "Required", typing.Optional)

__all__ = [
    "CompletionCreateParams",
    "CompletionCreateParamsBase",
    "CompletionCreateParamsNonStreaming",
    "CompletionCreateParamsStreaming",
]


class CompletionCreateParamsBase(ChatOptions, total=False):
    """The arguments of `chat.completions.create`."""

    messages: Required[Iterable[ChatCompletionMessageParam]]
    """The conversation so far, oldest message first."""

    model: Required[str]
    """Model id."""


class CompletionCreateParamsNonStreaming(CompletionCreateParamsBase, total=False):
    """The arguments of a request without a stream."""

    stream: Literal[False] | None
    """Whether the answer is streamed."""


class CompletionCreateParamsStreaming(CompletionCreateParamsBase, total=False):
    """The arguments of a request for a stream."""

    stream: Required[Literal[True]]
    """Whether the answer is streamed."""


CompletionCreateParams: TypeAlias = CompletionCreateParamsNonStreaming | CompletionCreateParamsStreaming
