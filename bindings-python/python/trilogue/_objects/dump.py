"""Results as dicts, with some of their fields.

Law: knows what `include`, `exclude` and their kin mean, as users of pydantic know them; changes nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from typing import Any, TypeAlias

    from .model import Model

    #: Names of fields or places of items; or each with what to choose of it, or with `True` for all of it.
    Chosen: TypeAlias = AbstractSet[str] | AbstractSet[int] | Mapping[str, Any] | Mapping[int, Any]


class How:
    """What to leave out everywhere."""

    def __init__(self, is_json: bool, unset: bool, defaults: bool, nones: bool) -> None:  # noqa: FBT001
        self.is_json = is_json
        self.unset = unset
        self.defaults = defaults
        self.nones = nones


def model(made: Model, how: How, include: Chosen | None, exclude: Chosen | None) -> dict[str, Any]:
    """Return an object's fields: those that its class knows first, unless what was not sent is left out."""
    data = made._settled()
    known = made._fields
    names = list(data) if how.unset else [*known, *(name for name in data if name not in known)]
    dumped: dict[str, Any] = {}
    for name in names:
        below = _below(name, include, exclude)
        if below is None:
            continue
        kind = known.get(name)
        value = _value(data[name], kind, how, below) if name in data else _kept(made, name, how)
        if value is None and (how.nones or (how.defaults and name in known)):
            continue
        dumped[name] = value
    return dumped


def _kept(made: Model, name: str, how: How) -> Any:
    """Return what stands beside the data: the instance that an answer was read into."""
    value: Any = made.__dict__.get(name)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json" if how.is_json else "python")
    if hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        from dataclasses import asdict

        return asdict(value)
    return value


def _value(value: Any, kind: type[Model] | None, how: How, below: tuple[Chosen | None, Chosen | None]) -> Any:
    if isinstance(value, dict):
        if kind is not None:
            return model(kind(value), how, *below)
        chosen = {name: _below(name, *below) for name in value}
        return {name: _value(value[name], None, how, more) for name, more in chosen.items() if more is not None}
    if isinstance(value, list):
        places = [_below(place, *below, count=len(value)) for place in range(len(value))]
        return [_value(value[place], kind, how, more) for place, more in enumerate(places) if more is not None]
    return value


def _below(
    key: str | int, include: Chosen | None, exclude: Chosen | None, count: int = 0
) -> tuple[Chosen | None, Chosen | None] | None:
    """Return what is chosen of the value under a key; `None` where the value is left out."""
    included = True if include is None else _of(include, key, count)
    excluded = False if exclude is None else _of(exclude, key, count)
    if included is False or excluded is True:
        return None
    return (None if included is True else included), (None if excluded is False else excluded)


def _of(chosen: Any, key: str | int, count: int) -> Any:
    """Return what is chosen under a key: `True` for all, `False` for nothing, or what of it."""
    keys = [key, "__all__", key - count] if isinstance(key, int) else [key]
    for one in keys:
        if one in chosen:
            found = chosen[one] if hasattr(chosen, "keys") else True
            return True if found is Ellipsis else found
    return False
