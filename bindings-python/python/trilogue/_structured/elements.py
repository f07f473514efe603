"""The items at a path of a growing value, each as soon as it is complete.

Each item is delivered once, in order. The last part of an open container may still grow, so it is not complete. Only new items are visited:
a long array costs time in proportion to its items.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._schema.derive import pointer

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Progress:
    """The items of one container that were delivered."""

    def __init__(self) -> None:
        #: The first item that was not delivered.
        self.next = 0
        self.is_done = False
        #: The progress in the member or item that is being visited.
        self.below: _Progress | None = None


class Elements:
    """Finds complete items: `items` or `items.*` are the items of an array, `items.*.name` a member of each, `items.0` one item."""

    def __init__(self, path: str) -> None:
        self._steps = [step for step in path.split(".") if step]
        self._progress = _Progress()

    def take_complete(self, value: Any, *, is_closed: bool) -> Iterator[tuple[str, Any]]:
        """Return the items that have become complete, with their JSON pointers. `is_closed`: the whole value is complete."""
        return _take(value, self._steps, "", self._progress, is_closed=is_closed)


def _take(
    value: Any, steps: list[str], path: str, progress: _Progress, *, is_closed: bool
) -> Iterator[tuple[str, Any]]:
    if progress.is_done:
        return
    step, rest = (steps[0], steps[1:]) if steps else ("", [])
    if isinstance(value, list) and (step == "*" or not steps):
        # A list at the end of the path stands for its items, but an item that is a list is one item.
        yield from _take_items(value, rest if steps else [], path, progress, is_closed=is_closed)
    elif isinstance(value, list):
        if step.isdecimal() and (number := int(step)) < len(value):
            progress.below = progress.below or _Progress()
            is_last = number == len(value) - 1
            yield from _take(
                value[number], rest, pointer(path, number), progress.below, is_closed=is_closed or not is_last
            )
    elif not steps:
        if is_closed:
            progress.is_done = True
            yield path, value
    elif isinstance(value, dict) and step in value:
        progress.below = progress.below or _Progress()
        is_last = step == next(reversed(value))
        yield from _take(value[step], rest, pointer(path, step), progress.below, is_closed=is_closed or not is_last)


def _take_items(
    items: list[Any], rest: list[str], path: str, progress: _Progress, *, is_closed: bool
) -> Iterator[tuple[str, Any]]:
    while progress.next < len(items):
        number = progress.next
        is_item_closed = is_closed or number < len(items) - 1
        location = pointer(path, number)
        if rest:
            progress.below = progress.below or _Progress()
            yield from _take(items[number], rest, location, progress.below, is_closed=is_item_closed)
            if not is_item_closed:
                return
        elif not is_item_closed:
            return
        # Set before the item is delivered, since the consumer may start a new iteration from there.
        progress.next, progress.below = number + 1, None
        if not rest:
            yield location, items[number]
