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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        return _plain_rows(frame.iter_rows(named=True))
    if library == "pandas":
        names = [str(name) for name in source.columns]
        return _plain_rows(dict(zip(names, row)) for row in source.itertuples(index=False, name=None))
    if hasattr(source, "__arrow_c_stream__"):
        return _plain_rows(_arrow_rows(source))
    if isinstance(source, (Mapping, str, bytes)) or not isinstance(source, (AsyncIterable, Iterable)):
        from .._generated.errors import InvalidRequestError

        message = (
            f"the rows of a batch must be a path, an iterable of dicts or a data frame, not a {type(source).__name__}"
        )
        raise InvalidRequestError(message)
    return source


def library_of(source: Any) -> str:
    """Return the name of the library that a data frame comes from; empty for other rows."""
    package = type(source).__module__.partition(".")[0]
    is_frame = hasattr(source, "columns") or hasattr(source, "schema") or hasattr(source, "__arrow_c_stream__")
    return package if is_frame else ""


def _arrow_rows(source: Any) -> Iterator[dict[str, Any]]:
    try:
        import pyarrow
    except ImportError:
        pass
    else:
        for batch in pyarrow.RecordBatchReader.from_stream(source):
            for start in range(0, batch.num_rows, _SLICE):
                yield from batch.slice(start, _SLICE).to_pylist()
        return
    try:
        import polars
    except ImportError:
        from .._generated.errors import ConfigurationError

        message = f"the rows of a {type(source).__name__} are read with pyarrow or polars: install one of them, or pass dicts"
        raise ConfigurationError(message) from None
    yield from polars.DataFrame(source).iter_rows(named=True)


def _plain_rows(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    """Return a value of a data frame in its JSON form."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if value == value else None  # noqa: PLR0124  (only NaN, which stands for a missing value, differs from itself)
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (date, time)):
        # pandas' missing date differs from itself too.
        return value.isoformat() if value == value else None  # noqa: PLR0124
    if isinstance(value, (Decimal, timedelta)):
        return str(value)
    if hasattr(value, "tolist"):
        # An array or a number of numpy.
        return _plain(value.tolist())
    if hasattr(value, "to_list"):
        # A series of polars.
        return _plain(value.to_list())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if type(value).__name__ in ("NAType", "NaTType") else value


def columns_of(rows: list[BatchRow[Any]], of: Any) -> dict[str, list[Any]]:
    """Return the columns of finished rows, in the order of the input: those of the input; `answer` or those of the type; and the others.

    A column whose name the input has too gets the prefix `answer_`.
    """
    rows = sorted(rows, key=lambda row: row.index)
    inputs = [row.row if isinstance(row.row, Mapping) else {} for row in rows]
    columns: dict[str, list[Any]] = {name: [] for given in inputs for name in given}
    for name, values in columns.items():
        values.extend(given.get(name) for given in inputs)

    def add(name: str, values: list[Any]) -> None:
        columns[_PREFIX + name if name in columns else name] = values

    parsed = [row.parsed for row in rows]
    for name in _field_names(of, parsed):
        add(name, [_plain(_field(value, name)) for value in parsed])
    add("answer", [row.text for row in rows])
    errors = [row.error for row in rows]
    add("error", [None if error is None else str(error) for error in errors])
    usage = [row.usage or {} for row in rows]
    for count in ("input_tokens", "output_tokens"):
        add(count, [counts.get(count) for counts in usage])
    add("cost", [row.cost for row in rows])
    add("attempts", [row.attempts for row in rows])
    add("elapsed", [row.elapsed for row in rows])
    return columns


def make_frame(library: str, columns: dict[str, list[Any]]) -> Any:
    """Return columns as a data frame of a library; of pyarrow if it makes none."""
    if library == "pandas":
        import pandas

        return pandas.DataFrame(columns)
    if library == "polars":
        import polars

        return polars.DataFrame(columns, strict=False)
    import pyarrow

    return pyarrow.table(columns)


def _field_names(of: Any, parsed: list[Any]) -> list[str]:
    """Return the fields of a type of answers, whose values become columns."""
    if of is None:
        return []
    if is_dataclass(of):
        return [field.name for field in fields(of)]
    for attribute in ("model_fields", "__struct_fields__", "__annotations__"):
        names = getattr(of, attribute, None)
        if names:
            return list(names)
    return list(dict.fromkeys(name for value in parsed if isinstance(value, dict) for name in value))


def _field(value: Any, name: str) -> Any:
    found = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
    return _data(found)


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
