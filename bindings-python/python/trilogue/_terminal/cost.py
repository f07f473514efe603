"""What an answer used, and the line that tells it.

Law: reads figures that are there: the provider's own, or the package's. Knows no price and counts no tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .conversation import Totals


@dataclass
class Figures:
    """What one answer used. `None` where the server did not say."""

    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    #: In dollars; `None` where no price is known.
    cost: Decimal | None


def cost_of(result: Any) -> Decimal | None:
    """Return what a completion or a message cost: as the provider says, else as the package knows; `None` where neither does."""
    usage = getattr(result, "usage", None)
    told = None if usage is None else usage.get("cost")
    if isinstance(told, (int, float, str)) and not isinstance(told, bool):
        try:
            dollars = Decimal(str(told))
        except InvalidOperation:
            dollars = Decimal("NaN")
        if dollars.is_finite():
            return dollars
    known = getattr(getattr(result, "cost", None), "total", None)
    return known if isinstance(known, Decimal) else None


def figures_of(result: Any) -> Figures:
    """Return what a completion or a message used."""
    usage = getattr(result, "usage", None)
    fields: dict[str, Any] = {} if usage is None else usage.to_dict()
    details = fields.get("completion_tokens_details")
    reasoning = _count(details, "reasoning_tokens") if isinstance(details, dict) else None
    asked, said = _count(fields, "prompt_tokens"), _count(fields, "completion_tokens")
    if "input_tokens" in fields:
        ways = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        asked, said = sum(_count(fields, way) or 0 for way in ways), _count(fields, "output_tokens")
    return Figures(asked, said, reasoning, cost_of(result))


def _count(fields: Mapping[str, Any], name: str) -> int | None:
    value = fields.get(name)
    return value if isinstance(value, int) else None


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
    parts.append("price unknown" if figures.cost is None else money(figures.cost))
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
