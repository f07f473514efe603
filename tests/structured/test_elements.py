"""Items of growing values: random values that grow as in the extension module, and are read in between.

Needs no server. An item is compared as it is when it is delivered.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from trilogue._structured.elements import Elements


def _grown(value: Any, put: Callable[[Any], object]) -> Iterator[None]:
    """Grow a value in place: containers are set when they open, texts piece by piece, other values at once."""
    if isinstance(value, (dict, list)):
        grown: Any = type(value)()
        put(grown)
        yield
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(value, list):
                grown.append(None)
            yield from _grown(part, lambda part, key=key: grown.__setitem__(key, part))
    else:
        for end in range(len(value) + 1) if isinstance(value, str) else [0]:
            put(value[:end] if isinstance(value, str) else value)
            yield


def _random(source: random.Random, depth: int = 0) -> Any:
    kind = source.random() if depth < 3 else 1
    if kind < 0.35:
        return {name: _random(source, depth + 1) for name in source.sample("abcd", source.randint(0, 4))}
    if kind < 0.7:
        return [_random(source, depth + 1) for _ in range(source.randint(0, 4))]
    return source.choice([1, None, True, "xy", ""])


def _wanted(value: Any, steps: list[str]) -> list[Any]:
    if not steps:
        return value if isinstance(value, list) else [value]
    if steps[0].isdecimal() and isinstance(value, list):
        return _wanted(value[int(steps[0])], steps[1:]) if int(steps[0]) < len(value) else []
    if steps[0] != "*":
        return _wanted(value[steps[0]], steps[1:]) if isinstance(value, dict) and steps[0] in value else []
    if not isinstance(value, list):
        return []
    return [found for item in value for found in _wanted(item, steps[1:])] if steps[1:] else value


@pytest.mark.parametrize("seed", range(20))
def test_each_item_is_delivered_once_and_complete(seed: int) -> None:
    source = random.Random(seed)  # noqa: S311
    for _ in range(100):
        value = _random(source)
        steps = [source.choice(["a", "b", "*", "*", "0", "1"]) for _ in range(source.randint(0, 3))]
        elements, root, got = Elements(".".join(steps)), [None], []
        for _ in _grown(value, lambda grown, root=root: root.__setitem__(0, grown)):  # type: ignore[misc]
            if source.random() < 0.5:
                got += [copy.deepcopy(item) for _, item in elements.take_complete(root[0], is_closed=False)]
        got += [copy.deepcopy(item) for _, item in elements.take_complete(root[0], is_closed=True)]
        assert got == _wanted(value, steps), (steps, value)


def test_pointers_to_items_are_escaped() -> None:
    items = Elements("a/b.*.~").take_complete({"a/b": [{"~": 1}]}, is_closed=True)
    assert list(items) == [("/a~1b/0/~0", 1)]
