"""The core's operations, by the cases that every language replays (`operations.json`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trilogue import APIError
from trilogue._native import NativeConversation, operation

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("operations.json").read_text(encoding="utf-8"))[
    "cases"
]


def _resolved(value: Any, known: dict[str, Any]) -> Any:
    """Replace `{"$": name}` by the member of that name that an earlier step returned."""
    if isinstance(value, dict):
        return known[value["$"]] if "$" in value else {name: _resolved(one, known) for name, one in value.items()}
    return [_resolved(one, known) for one in value] if isinstance(value, list) else value


def _has(found: Any, wanted: Any) -> bool:
    """Return whether `found` has all of `wanted`: an object may have more members, a list may not."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(_has(found.get(name), one) for name, one in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(map(_has, found, wanted))
    return bool(found == wanted)


@pytest.mark.parametrize("case", CASES, ids=[case["about"] for case in CASES])
def test_operations_match_the_shared_cases(case: dict[str, Any]) -> None:
    known: dict[str, Any] = {}
    run = NativeConversation().operation if case.get("conversation") else operation
    for step in case["steps"]:
        members = _resolved(step["input"], known)
        if "error" in step:
            with pytest.raises(APIError) as caught:
                run(step["operation"], members)
            assert type(caught.value).__name__ == step["error"]["kind"]
            assert step["error"]["message"] in caught.value.message
            continue
        found = json.loads(run(step["operation"], members))
        known |= found
        if "is" in step:
            assert found == step["is"]
        assert _has(found, step.get("has", {})), found
