"""Amounts of money.

Law: exact. The core computes and writes decimal texts; here they are read as `decimal.Decimal`, which is loaded when it is first needed.
"""

from __future__ import annotations

from .model import Model

TYPE_CHECKING = False
if TYPE_CHECKING:
    from decimal import Decimal
    from typing import Any, ClassVar


class Amounts(Model):
    """An object some of whose fields are amounts of dollars: they read as `Decimal`."""

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
        """Return what the provider's own page asks the model with: `model`, `system`, and as `parameters` those that have a default.

        `Conversation(**preset)`, or `create(model=…, messages=…, **preset["parameters"])`.
        """
        about: dict[str, Any] = self._data.get("parameters") or {}
        defaults = {name: told["default"] for name, told in about.items() if "default" in told}
        system = {} if self._data.get("system") is None else {"system": self._data["system"]}
        return {"model": self._data["id"], **system, "parameters": defaults}

    def cost(
        self,
        *,
        input_tokens: int = 0,
        output_tokens: int = 0,
        cache_read_tokens: int = 0,
        cache_write_tokens: int = 0,
    ) -> Decimal | None:
        """Return what so many tokens cost, in dollars, to the last digit; `None` where the model's prices are not known.

        input_tokens: those that no cache knew. output_tokens: reasoning included.
        """
        prices = self._data.get("prices")
        if prices is None:
            return None
        from .._operations import assist

        tokens = {
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "cache_read_tokens": cache_read_tokens,
            "cache_write_tokens": cache_write_tokens,
        }
        return amount(assist("cost", prices=prices, tokens=tokens)["total"])


def amount(text: str) -> Decimal:
    """Read an amount."""
    from decimal import Decimal

    return Decimal(text)


def plain(value: Any) -> Any:
    """Write an option that may hold amounts: a `Decimal` as its text, a catalogue as its fields."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if hasattr(value, "items"):
        return {name: plain(item) for name, item in value.items()}
    return str(value) if type(value).__name__ == "Decimal" else value
