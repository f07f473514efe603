"""Validate values by JSON Schemas, for `schemas.mjs`: reads tests from standard input, and writes the failed ones to standard output.

Uses the same operation as the package.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from trilogue import APIError
from trilogue._native import operation


def _outcome(schema: Any, data: Any) -> bool | str:
    try:
        return not json.loads(operation("validate", {"schema": schema, "value": data}))["errors"]
    except APIError as error:
        return str(error)


failed = []
for test in json.load(sys.stdin):
    outcome = _outcome(test["schema"], test["data"])
    if outcome is not test["valid"]:
        failed.append(f"{test['about']}: {outcome}")
json.dump(failed, sys.stdout)
