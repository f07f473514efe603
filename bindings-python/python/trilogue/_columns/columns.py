"""The columns of answers: their Arrow types, and their values from the lines of a log.

Invariant: the types depend on the options of a worker only, and never on the answers, so that all groups of rows have the same columns.
"""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .._batch.row import BatchRow
from .._generated.errors import InvalidRequestError
from .._tools.tool import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._structured.plan import Plan

#: Imported without types: this package does not depend on it.
pa: Any = import_module("pyarrow")
#: The columns of every answer.
FIXED = {
    "answer": pa.string(),
    "error": pa.string(),
    "usage": pa.struct({"input_tokens": pa.int64(), "output_tokens": pa.int64()}),
    "cost": pa.float64(),
    "attempts": pa.int32(),
}
_SCALARS = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}


class AnswerColumns:
    """The columns that a worker adds: those of every answer, and the fields of a type."""

    def __init__(self, plan: Plan[Any] | None) -> None:
        self._plan = plan
        self.types: dict[str, Any] = dict(FIXED)
        #: The columns of the type's fields, which hold JSON texts if Arrow has no type for them.
        self._fields: dict[str, Any] = {}
        if plan is not None:
            schema = plan.shape.schema
            root = _resolved(schema, schema)
            self._fields = {name: arrow_type(field, schema) for name, field in root.get("properties", {}).items()}
            if not self._fields or root.get("type") != "object":
                message = "response_format of a data frame must be a type with fields, which become columns, such as a dataclass"
                raise InvalidRequestError(message, {"param": "response_format"})
            taken = sorted(self._fields.keys() & FIXED.keys())
            if taken:
                message = f"the type has a field {taken[0]!r}, which is a column of every answer; rename the field"
                raise InvalidRequestError(message, {"param": "response_format"})
            self.types.update(self._fields)

    def read(self, line: str) -> tuple[dict[str, Any], Decimal]:
        """Return the values of a row with a line in the log, and its cost."""
        row: BatchRow[None] = BatchRow(0, None, line, self._plan)
        error, cost = row.error, row.cost
        values: dict[str, Any] = {
            "answer": row.text,
            "error": None if error is None else described(error),
            "usage": row.usage,
            "cost": None if cost is None else float(cost),
            "attempts": row.attempts,
        }
        parsed = row.parsed
        if parsed is not None:
            fields = json.loads(text_of(parsed))
            values.update((name, _fitted(fields.get(name), kind)) for name, kind in self._fields.items())
        return values, cost or Decimal(0)


def described(error: Exception) -> str:
    """Return the class and the message of an error, as the column `error` has them."""
    return f"{type(error).__name__}: {error}"


def arrow_type(schema: Any, root: Mapping[str, Any], within: frozenset[str] = frozenset()) -> Any:
    """Return the Arrow type of a JSON Schema; that of a text for a schema without one, such as a union. `within`: the references on the way to it."""
    if not isinstance(schema, dict):
        return pa.string()
    reference = schema.get("$ref")
    if isinstance(reference, str):
        # A type that contains itself has no Arrow type.
        return pa.string() if reference in within else arrow_type(_resolved(schema, root), root, within | {reference})
    for name in ("anyOf", "oneOf", "allOf"):
        branches = [branch for branch in schema.get(name, ()) if branch != {"type": "null"}]
        if branches:
            return arrow_type(branches[0], root, within) if len(branches) == 1 else pa.string()
    kind = schema.get("type")
    kinds = [one for one in kind if one != "null"] if isinstance(kind, list) else [kind]
    if len(kinds) != 1 or kinds[0] is None:
        return pa.string()
    if kinds[0] == "array" and isinstance(schema.get("items"), dict):
        return pa.list_(arrow_type(schema["items"], root, within))
    if kinds[0] == "object" and schema.get("properties"):
        fields = schema["properties"].items()
        return pa.struct({name: arrow_type(field, root, within) for name, field in fields})
    return _SCALARS.get(kinds[0], pa.string())


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema that a reference within `root` stands for."""
    found: Any = schema
    while isinstance(found, dict) and isinstance(found.get("$ref"), str):
        steps = found["$ref"].removeprefix("#").split("/")[1:]
        found = root
        for step in steps:
            found = found[step.replace("~1", "/").replace("~0", "~")]
    return found  # type: ignore[no-any-return]


def _fitted(value: Any, kind: Any) -> Any:
    """Return a value as its column has it: as JSON text if the column is one of texts."""
    if value is None:
        return None
    if pa.types.is_string(kind):
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if pa.types.is_list(kind):
        return [_fitted(item, kind.value_type) for item in value]
    if pa.types.is_struct(kind):
        return {field.name: _fitted(value.get(field.name), field.type) for field in kind}
    return value
