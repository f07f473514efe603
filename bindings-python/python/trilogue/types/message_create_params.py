"""The names of `anthropic.types.message_create_params`."""

from __future__ import annotations

import typing
from collections.abc import Iterable  # noqa: TC003  (for `get_type_hints`)
from typing import TYPE_CHECKING, Literal, TypeAlias

from .._generated.params import MessageParam, MessagesOptions

if TYPE_CHECKING:
    from typing_extensions import Required
else:
    # Python 3.10 lacks it; there the hint says that the field may be missing.
    Required = getattr(typing, "Required", typing.Optional)

__all__ = [
    "MessageCreateParams",
    "MessageCreateParamsBase",
    "MessageCreateParamsNonStreaming",
    "MessageCreateParamsStreaming",
]


class MessageCreateParamsBase(MessagesOptions, total=False):
    """The arguments of `messages.create`."""

    messages: Required[Iterable[MessageParam]]
    """The conversation so far, oldest message first."""

    model: Required[str]
    """Model id."""


class MessageCreateParamsNonStreaming(MessageCreateParamsBase, total=False):
    """The arguments of a request without a stream."""

    stream: Literal[False] | None
    """Whether the answer is streamed."""


class MessageCreateParamsStreaming(MessageCreateParamsBase, total=False):
    """The arguments of a request for a stream."""

    stream: Required[Literal[True]]
    """Whether the answer is streamed."""


MessageCreateParams: TypeAlias = MessageCreateParamsNonStreaming | MessageCreateParamsStreaming
