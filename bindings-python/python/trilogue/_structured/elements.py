"""The items at a path of a value that is still growing, each as soon as it is complete.

Hands out each item once, in order, and none that may still grow: the last part of an open container may. Reads only what is new, so that
a long array costs no more than its items.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Place:
    """How far a place of the value was handed out."""

    def __init__(self) -> None:
        #: The first item that was not.
        self.next = 0
        self.done = False
        #: The place below that is being handed out.
        self.below: Place | None = None


class Elements:
    """Finds items as they complete: `items` or `items.*` are the items of an array, `items.*.name` a member of each, `items.0` one item."""

    def __init__(self, path: str) -> None:
        self._steps = [step for step in path.split(".") if step]
        self._place = Place()

    def ready(self, value: Any, *, closed: bool) -> Iterator[tuple[str, Any]]:
        """Give what became complete, with its JSON pointer. `closed` tells that the whole value is complete."""
        return _ready(value, self._steps, "", self._place, closed=closed)


def _ready(value: Any, steps: list[str], path: str, place: Place, *, closed: bool) -> Iterator[tuple[str, Any]]:
    if place.done:
        return
    step, rest = (steps[0], steps[1:]) if steps else ("", [])
    if isinstance(value, list) and (step == "*" or not steps):
        # A list at the path's end stands for its items; but an item that is a list is one item.
        yield from _items(value, rest if steps else [], path, place, closed=closed)
    elif isinstance(value, list):
        if step.isdecimal() and (number := int(step)) < len(value):
            place.below = place.below or Place()
            is_last = number == len(value) - 1
            yield from _ready(value[number], rest, f"{path}/{number}", place.below, closed=closed or not is_last)
    elif not steps:
        if closed:
            place.done = True
            yield path, value
    elif isinstance(value, dict) and step in value:
        place.below = place.below or Place()
        is_last = step == next(reversed(value))
        yield from _ready(value[step], rest, f"{path}/{step}", place.below, closed=closed or not is_last)


def _items(items: list[Any], rest: list[str], path: str, place: Place, *, closed: bool) -> Iterator[tuple[str, Any]]:
    while place.next < len(items):
        number = place.next
        item_closed = closed or number < len(items) - 1
        where = f"{path}/{number}"
        if rest:
            place.below = place.below or Place()
            yield from _ready(items[number], rest, where, place.below, closed=item_closed)
            if not item_closed:
                return
        elif not item_closed:
            return
        # Before the item is handed out: whoever got it may come back another way.
        place.next, place.below = number + 1, None
        if not rest:
            yield where, items[number]
