"""Rows of data frames, and data frames of finished rows.

Invariant: a data frame is read with the library that it comes from, and any other Arrow stream with pyarrow or polars, which the program has or
installs: this package depends on none of them. Values without a JSON form become texts, and missing ones null.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._structured.plan import Plan
    from .row import BatchRow

#: The rows that are read from an Arrow stream at once.
_SLICE = 1024
#: The prefix of a column whose name the input has too.
_PREFIX = "answer_"


def rows_of(source: Any) -> Any:
    """Return the rows of the input of a batch as an iterable. Raises InvalidRequestError for one that has no rows."""
    library = library_of(source)
    if library == "polars":
        frame = source.collect() if hasattr(source, "collect") else source
        return frame.iter_rows(named=True)
    if library == "pandas":
        names = [str(name) for name in source.columns]
        return (dict(zip(names, row, strict=True)) for row in source.itertuples(index=False, name=None))
    if hasattr(source, "__arrow_c_stream__"):
        return _arrow_rows(source)
    if isinstance(source, (Mapping, str, bytes)) or not isinstance(source, (AsyncIterable, Iterable)):
        from .._generated.errors import InvalidRequestError

        message = (
            f"the rows of a batch must be a path, an iterable of dicts or a data frame, not a {type(source).__name__}"
        )
        raise InvalidRequestError(message)
    return source


def library_of(source: Any) -> str:
    """Return the name of the library that a data frame comes from, `arrow` for another Arrow stream, and an empty text for other rows."""
    package, name = type(source).__module__.partition(".")[0], type(source).__name__
    if (package, name) in (("polars", "DataFrame"), ("polars", "LazyFrame"), ("pandas", "DataFrame")):
        return package
    return "arrow" if hasattr(source, "__arrow_c_stream__") else ""


def _arrow_rows(source: Any) -> Iterator[dict[str, Any]]:
    try:
        pyarrow: Any = import_module("pyarrow")
    except ImportError:
        pass
    else:
        for batch in pyarrow.RecordBatchReader.from_stream(source):
            for start in range(0, batch.num_rows, _SLICE):
                yield from batch.slice(start, _SLICE).to_pylist()
        return
    try:
        polars: Any = import_module("polars")
    except ImportError:
        from .._generated.errors import ConfigurationError

        message = (
            f"the rows of a {type(source).__name__} are read with pyarrow or polars: install one of them, or pass dicts"
        )
        raise ConfigurationError(message) from None
    yield from polars.DataFrame(source).iter_rows(named=True)


def plain_row(row: Any) -> Any:
    """Return a row of a data frame in its JSON form."""
    return {name: to_json_value(value) for name, value in row.items()}


def to_json_value(value: Any) -> Any:
    """Return a value of a data frame in its JSON form."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if value == value else None
    if isinstance(value, Mapping):
        return {str(name): to_json_value(item) for name, item in value.items()}
    if isinstance(value, (date, time)):
        # pandas' missing date differs from itself too.
        return value.isoformat() if value == value else None
    if isinstance(value, (Decimal, timedelta)):
        return str(value)
    if hasattr(value, "tolist"):
        # An array or a number of numpy.
        return to_json_value(value.tolist())
    if hasattr(value, "to_list"):
        # A series of polars.
        return to_json_value(value.to_list())
    if isinstance(value, (list, tuple)):
        return [to_json_value(item) for item in value]
    return None if type(value).__name__ in ("NAType", "NaTType") else value


#: The columns of finished rows, and the types of their values: an inferred one would depend on the values of a run.
_RESULTS = {
    "answer": "text",
    "error": "text",
    "input_tokens": "integer",
    "output_tokens": "integer",
    "cost": "amount",
    "attempts": "integer",
    "elapsed": "number",
}


def columns_of(rows: list[BatchRow[Any]], plan: Plan[Any] | None) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """Return the columns of finished rows, in the order of the input, and the types of those that have a fixed one.

    They are the columns of the input, the fields of a type of answers, and the results. One whose name the input has too gets the prefix `answer_`.
    """
    rows = sorted(rows, key=lambda row: row.index)
    inputs = [row.row if isinstance(row.row, Mapping) else {} for row in rows]
    names = dict.fromkeys(name for given in inputs for name in given)
    columns: dict[str, list[Any]] = {name: [given.get(name) for given in inputs] for name in names}
    parsed = [row.parsed for row in rows]
    errors, usage = [row.error for row in rows], [row.usage or {} for row in rows]
    results: dict[str, list[Any]] = {
        "answer": [row.text for row in rows],
        "error": [None if error is None else str(error) for error in errors],
        "input_tokens": [counts.get("input_tokens") for counts in usage],
        "output_tokens": [counts.get("output_tokens") for counts in usage],
        "cost": [row.cost for row in rows],
        "attempts": [row.attempts for row in rows],
        "elapsed": [row.elapsed for row in rows],
    }
    fields_of_answers = {name: [_field(value, name) for value in parsed] for name in _field_names(plan, parsed)}
    types: dict[str, str] = {}
    for name, values in (*fields_of_answers.items(), *results.items()):
        own = name
        while own in columns:
            own = _PREFIX + own
        columns[own] = values
        if values is results.get(name):
            types[own] = _RESULTS[name]
    return columns, types


def make_frame(library: str, columns: dict[str, list[Any]], types: dict[str, str]) -> Any:
    """Return columns as a data frame of pandas or polars, or as a table of pyarrow."""
    if library == "pandas":
        pandas: Any = import_module("pandas")
        dtypes = {"text": "object", "integer": "Int64", "amount": "object", "number": "float64"}
        frame = pandas.DataFrame(columns)
        return frame.astype({name: dtypes[kind] for name, kind in types.items()})
    if library == "polars":
        polars: Any = import_module("polars")
        kinds = {
            "text": polars.String(),
            "integer": polars.Int64(),
            "amount": polars.Decimal(38, 18),
            "number": polars.Float64(),
        }
        overrides = {name: kinds[kind] for name, kind in types.items()}
        return polars.DataFrame(columns, schema_overrides=overrides, strict=False)
    pyarrow: Any = import_module("pyarrow")
    fixed = {
        "text": pyarrow.string(),
        "integer": pyarrow.int64(),
        "amount": pyarrow.decimal128(38, 18),
        "number": pyarrow.float64(),
    }
    arrays = {
        name: pyarrow.array(values, type=fixed[types[name]] if name in types else None)
        for name, values in columns.items()
    }
    return pyarrow.table(arrays)


def _field_names(plan: Plan[Any] | None, parsed: list[Any]) -> list[str]:
    """Return the fields of the answers, whose values become columns."""
    if plan is None:
        return []
    of = plan.of
    if of is None:
        return list(plan.shape.schema.get("properties", {}))
    if is_dataclass(of):
        return [field.name for field in fields(of)]
    for attribute in ("model_fields", "__struct_fields__", "__annotations__"):
        names = getattr(of, attribute, None)
        if names:
            return list(names)
    return list(dict.fromkeys(name for value in parsed if isinstance(value, dict) for name in value))


def _field(value: Any, name: str) -> Any:
    return _data(value.get(name) if isinstance(value, dict) else getattr(value, name, None))


def _data(value: Any) -> Any:
    """Return an instance within an answer as plain data."""
    if hasattr(value, "model_dump"):
        return value.model_dump()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, (list, tuple)):
        return [_data(item) for item in value]
    msgspec: Any = sys.modules.get("msgspec")
    if msgspec is not None and isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value)
    return value
