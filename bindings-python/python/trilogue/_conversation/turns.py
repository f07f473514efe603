"""What a conversation shows: its turns, the calls in them, what they used and cost.

Law: views of what the core tells; nothing here changes a conversation.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .._objects.model import Model

if TYPE_CHECKING:
    from typing import Literal

    from .conversation import Format


class Call(Model):
    """A call that the model made."""

    if TYPE_CHECKING:
        id: str
        name: str
        arguments: dict[str, Any] | None
        """`None` where what the model gave is no JSON object: see `problem`."""
        problem: str | None
        """Why the call can't be made, in words for the model."""
    else:
        _fields = {"id": None, "name": None, "arguments": None, "problem": None}


class Turn(Model):
    """A turn as it is kept, and what there is to show of it."""

    if TYPE_CHECKING:
        role: Literal["user", "assistant", "tool"]
        format: Format
        text: str | None
        """Of the user's turns and the model's."""
        content: Any
        """What the user said: a text, or parts."""
        message: Any
        """The model's, as the reply had it."""
        reasoning: str | None
        """What the model thought."""
        calls: list[Call] | None
        """The calls that the model made."""
        results: Any
        """Of a turn of tools: `id`, `name`, `content` and `is_error` of each."""
        partial: str | None
        """Why the answer ended before its end: `stopped`, or the name of an error; `None` where it didn't."""
        model: str | None
        """The model that was asked."""
        finish: str | None
        """Why the model stopped."""
        usage: Any
        cost: Any
    else:
        _fields = dict.fromkeys(
            ("role", "format", "text", "content", "message", "reasoning", "results", "partial", "model", "finish"), None
        ) | {"calls": Call, "usage": None, "cost": None}


class ConversationUsage(Model):
    """The tokens of a conversation's answers, those that were undone included."""

    if TYPE_CHECKING:
        answers: int
        input_tokens: int
        """Without those of caches."""
        output_tokens: int
        cache_read_tokens: int
        cache_write_tokens: int
        reasoning_tokens: int
        """A part of the output."""
        unknown: int
        """Answers whose tokens nobody told."""


class ConversationCost(Model):
    """What a conversation's answers cost, those that were undone included."""

    if TYPE_CHECKING:
        unknown: int
        """Answers that the total leaves out, since their cost isn't known."""
        reasons: list[str]
        """Why it isn't."""

    @property
    def total(self) -> Decimal:
        """Dollars."""
        return Decimal(self._data["total"])
