"""The usage and the cost of answers, as one line of text.

The server reports the usage; the core has set the cost in the answer.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .._generated.operations import operation

if TYPE_CHECKING:
    from trilogue import Conversation


def money(dollars: Decimal) -> str:
    """Return dollars as text: with four decimals, or with two significant digits below one cent."""
    if dollars and abs(dollars) < Decimal("0.01"):
        return f"${dollars.quantize(Decimal(1).scaleb(dollars.adjusted() - 1)).normalize():f}"
    return f"${dollars:.4f}"


def summary(model: str, result: Any, first: float | None, writing: float, conversation: Conversation | None) -> str:
    """Return a line about a completion or a message, which may be partial.

    first: seconds to the first text. writing: seconds from the first text to the end.
    """
    usage, cost = getattr(result, "usage", None), getattr(result, "cost", None)
    counts = operation("count_usage", usage={} if usage is None else usage)
    read, written, reasoning = counts.get("read"), counts.get("written"), counts.get("reasoning")
    parts = [model]
    if first is not None:
        parts.append(f"first token {first:.2f} s")
    if written is not None:
        parts.append(f"{read or 0:,} in, {written:,} out" + (f" ({reasoning:,} reasoning)" if reasoning else ""))
        # A shorter time measures how the answer was buffered, not how fast it was generated.
        if writing >= 0.1:
            parts.append(f"{written / writing:,.0f} tokens/s")
    parts.append("price unknown" if cost is None or cost.total is None else money(cost.total))
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
