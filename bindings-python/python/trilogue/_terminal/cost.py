"""What an answer used, and the line that tells it.

Law: reads figures that are there: the provider's own, or the package's. Knows no price and counts no tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .conversation import Totals


class Cost(NamedTuple):
    """Dollars, or why they are not known."""

    total: Decimal | None
    reason: str | None = None


@dataclass
class Figures:
    """What one answer used. `None` where the server did not say."""

    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    cost: Cost


def cost_of(result: Any) -> Cost:
    """Return what a completion or a message cost: as the provider says, else as the package knows."""
    usage = getattr(result, "usage", None)
    told = None if usage is None else usage.get("cost")
    if isinstance(told, (int, float, str)) and not isinstance(told, bool):
        try:
            dollars = Decimal(str(told))
        except InvalidOperation:
            dollars = Decimal("NaN")
        if dollars.is_finite():
            return Cost(dollars)
    known = getattr(result, "cost", None)
    total = getattr(known, "total", None)
    if isinstance(total, Decimal):
        return Cost(total)
    return Cost(None, str(getattr(known, "reason", None) or "price unknown"))


def figures_of(result: Any) -> Figures:
    """Return what a completion or a message used."""
    usage = getattr(result, "usage", None)
    fields: dict[str, Any] = {} if usage is None else usage.to_dict()
    given = [fields.get(name) for name in ("prompt_tokens", "completion_tokens")]
    if "input_tokens" in fields:
        cached = (fields.get(f"cache_{way}_input_tokens") or 0 for way in ("creation", "read"))
        given = [(fields["input_tokens"] or 0) + sum(cached), fields.get("output_tokens")]
    details: dict[str, Any] = fields.get("completion_tokens_details") or {}
    return Figures(given[0], given[1], details.get("reasoning_tokens"), cost_of(result))


def money(dollars: Decimal) -> str:
    """Return dollars as text: four decimals, or two digits that count where it is less than a cent."""
    if dollars and abs(dollars) < Decimal("0.01"):
        return f"${dollars.quantize(Decimal(1).scaleb(dollars.adjusted() - 1)).normalize():f}"
    return f"${dollars:.4f}"


def summary(model: str, figures: Figures, first: float | None, writing: float, totals: Totals | None) -> str:
    """Return one line on an answer. `first` is the time to the first text, `writing` the time from there to the end, in seconds."""
    parts = [model]
    if first is not None:
        parts.append(f"first token {first:.2f} s")
    if figures.output_tokens is not None:
        tokens = f"{figures.input_tokens or 0:,} in, {figures.output_tokens:,} out"
        parts.append(tokens + (f" ({figures.reasoning_tokens:,} reasoning)" if figures.reasoning_tokens else ""))
        # Less time than this measures how the answer was buffered, and not how fast it was written.
        if writing >= 0.1:
            parts.append(f"{figures.output_tokens / writing:,.0f} tokens/s")
    parts.append(
        money(figures.cost.total) if figures.cost.total is not None else figures.cost.reason or "price unknown"
    )
    if totals is not None and totals.answers > 1 and totals.unpriced < totals.answers:
        parts.append(f"conversation {so_far(totals)}")
    return " · ".join(parts)


def so_far(totals: Totals) -> str:
    """Return what a conversation cost, as text."""
    if not totals.unpriced:
        return money(totals.cost)
    if totals.unpriced == totals.answers:
        return "price unknown"
    answers = "answer" if totals.unpriced == 1 else "answers"
    return f"{money(totals.cost)} and {totals.unpriced} {answers} of unknown price"
