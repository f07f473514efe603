"""Amounts of money, as exact decimal numbers.

The core computes amounts and writes them as texts, which are read as `decimal.Decimal`. That class is imported at first use.
"""

from __future__ import annotations

from .model import Model

TYPE_CHECKING = False
if TYPE_CHECKING:
    from decimal import Decimal
    from typing import Any, ClassVar


class Amounts(Model):
    """An object with fields that are amounts of dollars, and read as `Decimal`."""

    _amounts: ClassVar[frozenset[str]] = frozenset()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Read an amount at its first use."""
            value = super().__getattr__(name)
            if type(value) is str and name in self._amounts:
                value = self.__dict__[name] = amount(value)
            return value


class CatalogModelBase(Model):
    """A model of the catalogue."""

    def preset(self) -> dict[str, Any]:
        """Return the settings of the provider's own page: `model`, `system`, and as `parameters` those that have a default.

        `Conversation(**preset)`, or `create(model=…, messages=…, **preset["parameters"])`.
        """
        from .._generated.operations import operation

        return operation("preset", model=self._data)["preset"]

    def cost(
        self,
        *,
        input_tokens: int = 0,
        output_tokens: int = 0,
        cache_read_tokens: int = 0,
        cache_write_tokens: int = 0,
    ) -> Decimal | None:
        """Return the exact cost of a number of tokens, in dollars; `None` if the model's prices are not known.

        input_tokens: without tokens of caches. output_tokens: including reasoning.
        """
        prices = self._data.get("prices")
        if prices is None:
            return None
        from .._generated.operations import operation

        tokens = {
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "cache_read_tokens": cache_read_tokens,
            "cache_write_tokens": cache_write_tokens,
        }
        return amount(operation("price_tokens", prices=prices, tokens=tokens)["total"])


def amount(text: str) -> Decimal:
    """Read an amount."""
    from decimal import Decimal

    return Decimal(text)


def plain(value: Any) -> Any:
    """Return an option as a JSON value: a `Decimal` as its text, a catalogue as a dict."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if hasattr(value, "items"):
        return {name: plain(item) for name, item in value.items()}
    return str(value) if type(value).__name__ == "Decimal" else value
