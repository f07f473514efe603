"""The turns of a conversation, the calls in them, and the totals: objects that the core returns. Changing them changes nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .._objects.model import Model

if TYPE_CHECKING:
    from typing import Literal

    from .conversation import Format


class Call(Model):
    """A call of a tool."""

    if TYPE_CHECKING:
        id: str
        name: str
        arguments: dict[str, Any] | None
        """`None` if the model's arguments are not a JSON object: see `problem`."""
        problem: str | None
        """Why the call can't be made, as a text for the model."""
    else:
        _fields = {"id": None, "name": None, "arguments": None, "problem": None}


class Turn(Model):
    """A turn of a conversation."""

    if TYPE_CHECKING:
        role: Literal["user", "assistant", "tool"]
        format: Format
        text: str | None
        """The text of a turn of the user or the model."""
        content: Any
        """The content of a turn of the user: a text, or parts."""
        message: Any
        """The message of the reply, of a turn of the model."""
        reasoning: str | None
        """The reasoning of the model."""
        calls: list[Call] | None
        """The calls of tools."""
        results: Any
        """The results of a turn of tools: `id`, `name`, `content` and `is_error` of each."""
        partial: str | None
        """Why the answer is partial: `stopped`, or the name of an error; `None` if it is whole."""
        model: str | None
        """The name of the model."""
        finish: str | None
        """The finish reason."""
        usage: Any
        cost: Any
    else:
        _fields = dict.fromkeys(
            ("role", "format", "text", "content", "message", "reasoning", "results", "partial", "model", "finish"), None
        ) | {"calls": Call, "usage": None, "cost": None}


class ConversationUsage(Model):
    """The tokens of a conversation's answers, including undone ones."""

    if TYPE_CHECKING:
        answers: int
        input_tokens: int
        """Without tokens of caches."""
        output_tokens: int
        cache_read_tokens: int
        cache_write_tokens: int
        reasoning_tokens: int
        """Included in the output tokens."""
        unknown: int
        """The number of answers without a reported usage."""


class ConversationCost(Model):
    """The cost of a conversation's answers, including undone ones."""

    if TYPE_CHECKING:
        unknown: int
        """The number of answers with an unknown cost, which the total doesn't include."""
        reasons: list[str]
        """Why costs are unknown."""

    @property
    def total(self) -> Decimal:
        """The total, in dollars."""
        return Decimal(self._data["total"])
