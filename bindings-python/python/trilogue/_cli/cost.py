"""The usage and the cost of answers, as one line of text.

The figures are the server's, and the cost that the package has set in the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .._generated.operations import operation

if TYPE_CHECKING:
    from trilogue import Conversation


@dataclass
class Figures:
    """The usage of one answer. `None` if the server did not report it."""

    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    #: In dollars; `None` if it is not known.
    cost: Decimal | None


def figures_of(result: Any) -> Figures:
    """Return the usage of a completion or a message."""
    usage = getattr(result, "usage", None)
    counts = operation("count_usage", usage={} if usage is None else usage)
    cost = getattr(result, "cost", None)
    return Figures(
        counts.get("read"), counts.get("written"), counts.get("reasoning"), None if cost is None else cost.total
    )


def money(dollars: Decimal) -> str:
    """Return dollars as text: with four decimals, or with two significant digits below one cent."""
    if dollars and abs(dollars) < Decimal("0.01"):
        return f"${dollars.quantize(Decimal(1).scaleb(dollars.adjusted() - 1)).normalize():f}"
    return f"${dollars:.4f}"


def summary(
    model: str, figures: Figures, first: float | None, writing: float, conversation: Conversation | None
) -> str:
    """Return a line about an answer. `first` is the time to the first text, `writing` the time from there to the end, in seconds."""
    parts = [model]
    if first is not None:
        parts.append(f"first token {first:.2f} s")
    if figures.output_tokens is not None:
        tokens = f"{figures.input_tokens or 0:,} in, {figures.output_tokens:,} out"
        parts.append(tokens + (f" ({figures.reasoning_tokens:,} reasoning)" if figures.reasoning_tokens else ""))
        # A shorter time measures how the answer was buffered, not how fast it was generated.
        if writing >= 0.1:
            parts.append(f"{figures.output_tokens / writing:,.0f} tokens/s")
    parts.append("price unknown" if figures.cost is None else money(figures.cost))
    if (
        conversation is not None
        and conversation.usage.answers > 1
        and conversation.cost.unknown < conversation.usage.answers
    ):
        parts.append(f"conversation {so_far(conversation)}")
    return " · ".join(parts)


def so_far(conversation: Conversation) -> str:
    """Return the cost of a conversation, as text."""
    cost = conversation.cost
    if not cost.unknown:
        return money(cost.total)
    if cost.unknown == conversation.usage.answers:
        return "price unknown"
    answers = "answer" if cost.unknown == 1 else "answers"
    return f"{money(cost.total)} and {cost.unknown} {answers} of unknown price"
