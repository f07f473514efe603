"""Results as dicts, with a selection of their fields.

Implements `include`, `exclude` and the `exclude_…` flags with the meaning that they have in pydantic.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from typing import Any, TypeAlias

    from .model import Model

    #: Names of fields or indices of items; or a mapping from each to the selection below it, or to `True` for everything.
    Selection: TypeAlias = AbstractSet[str] | AbstractSet[int] | Mapping[str, Any] | Mapping[int, Any]


class Filter:
    """The fields to leave out everywhere."""

    def __init__(self, is_json: bool, unset: bool, defaults: bool, nones: bool) -> None:  # noqa: FBT001
        self.is_json = is_json
        self.unset = unset
        self.defaults = defaults
        self.nones = nones


def dump(model: Model, rule: Filter, include: Selection | None, exclude: Selection | None) -> dict[str, Any]:
    """Return an object's fields: the declared ones first, unless fields that were not sent are left out."""
    data = model._synced()
    known = model._fields
    names = list(data) if rule.unset else [*known, *(name for name in data if name not in known)]
    dumped: dict[str, Any] = {}
    for name in names:
        below = _select(name, include, exclude)
        if below is None:
            continue
        kind = known.get(name)
        value = _value(data[name], kind, rule, below) if name in data else _instance(model, name, rule)
        if value is None and (rule.nones or (rule.defaults and name in known)):
            continue
        dumped[name] = value
    return dumped


def _instance(model: Model, name: str, rule: Filter) -> Any:
    """Return an attribute that is not data: the instance that an answer was read into."""
    value: Any = model.__dict__.get(name)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json" if rule.is_json else "python")
    if hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        from dataclasses import asdict

        return asdict(value)
    return value


def _value(value: Any, kind: type[Model] | None, rule: Filter, below: tuple[Selection | None, Selection | None]) -> Any:
    if isinstance(value, dict):
        if kind is not None:
            return dump(kind(value), rule, *below)
        selected = {name: _select(name, *below) for name in value}
        return {name: _value(value[name], None, rule, more) for name, more in selected.items() if more is not None}
    if isinstance(value, list):
        items = [(item, _select(index, *below, count=len(value))) for index, item in enumerate(value)]
        return [_value(item, kind, rule, more) for item, more in items if more is not None]
    return value


def _select(
    key: str | int, include: Selection | None, exclude: Selection | None, count: int = 0
) -> tuple[Selection | None, Selection | None] | None:
    """Return the selections below a key; `None` if its value is left out."""
    included = True if include is None else _lookup(include, key, count)
    excluded = False if exclude is None else _lookup(exclude, key, count)
    if included is False or excluded is True:
        return None
    return (None if included is True else included), (None if excluded is False else excluded)


def _lookup(selection: Any, key: str | int, count: int) -> Any:
    """Return the selection of a key: `True` for everything, `False` for nothing, or the selection below it."""
    keys = [key, "__all__", key - count] if isinstance(key, int) else [key]
    for candidate in keys:
        if candidate in selection:
            below = selection[candidate] if hasattr(selection, "keys") else True
            return True if below is Ellipsis else below
    return False
