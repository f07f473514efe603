"""The worker: takes tables of rows, and returns them with the columns of their answers.

Invariant: a row that fails has its error in the column `error`, and no exception is raised for it: one row must not end a job of millions. Only
wrong options, when the worker is made, and a log that can't be written are exceptions. An answer is in the log before it is returned.
"""

from __future__ import annotations

import json
import os
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .._batch.frames import to_json_value
from .._batch.options import start, typed
from .._generated.errors import (
    APIError,
    APIUserAbortError,
    BudgetExceededError,
    ConfigurationError,
    InvalidRequestError,
)
from .._native import RowKeys
from .._objects.amounts import plain
from .._sender import run_blocking
from .columns import AnswerColumns, described, pa
from .leases import RENEWAL, Lease, LocalLeader
from .segments import Segments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

    from .._client import Client
    from .leases import LeaderCalls

#: The columns that are a request, without a template. Others stay data.
_REQUEST = ("body", "custom_id", "messages", "method", "model", "params", "url")
#: Seconds after which the lines of a group that takes long are written, where a segment is not appended to.
_PATIENCE = 30.0
#: The least that a group of rows gets of a budget, in dollars, unless less is left. It is doubled until a row fits.
_LEAST = Decimal("0.01")
#: The error of a row whose run ended without a reason.
_NOT_SENT = APIUserAbortError("the row was not sent")


class RowWorker:
    """Answers rows. May be used in several threads, whose calls share the limits of the client."""

    def __init__(
        self,
        *,
        client: Client | None = None,
        template: str | Mapping[str, Any] | None = None,
        model: str | None = None,
        response_format: Any = None,
        log: str | os.PathLike[str] | None = None,
        filesystem: Any = None,
        leader: LeaderCalls | None = None,
        in_flight: int = 128,
        retry_failed: bool = False,
        budget: Decimal | str | float | None = None,
        **parameters: Any,
    ) -> None:
        """Make a worker. The options are those of `trilogue.ray.Chat`.

        leader: leases the limits and the budget of many workers. budget: without a leader, the most that this worker may spend, in dollars, with what
        the log has cost.
        """
        if template is None and model is not None:
            # Rows that are requests may name another one.
            model, parameters = None, {"model": model, **parameters}
        options = {
            "template": template,
            "model": model,
            "parameters": parameters,
            "in_flight": in_flight,
            # Rows have no numbers in a cluster: without a `custom_id`, a row is its content.
            "equal_rows": "once",
        }
        plan, self._options = typed(response_format, options)
        self._columns = AnswerColumns(plan)
        self._keys = RowKeys(self._options)
        # The limits of a client hold for all groups of rows.
        self._client = _limited(_blocking(client), in_flight)
        self._retry_failed = retry_failed
        self._segments = None if log is None else Segments(log, filesystem)
        if budget is not None:
            if leader is not None:
                message = "the leader of the workers has the budget; set it there, not in budget"
                raise ConfigurationError(message)
            leader = LocalLeader(budget=checked_dollars(budget))
        self._lease: Lease | None = None
        if leader is not None:
            name = os.urandom(6).hex() if self._segments is None else self._segments.name
            leader.join(name, {} if self._segments is None else self._segments.costs)
            given = self._client._options.given
            own = (given.get("requests_per_minute"), given.get("tokens_per_minute"))
            self._lease = Lease(leader, self._client._sender.native, name, own)

    def __call__(self, table: Any) -> Any:
        """Return a table of Arrow with the columns of the answers of its rows. Equal rows have the same answer."""
        taken = sorted(self._columns.types.keys() & set(table.column_names))
        if taken:
            message = f"the rows have a column {taken[0]!r}, which is one of the answers'; rename it"
            raise InvalidRequestError(message)
        rows = self._rows(table)
        keys, errors = self._keys.of(rows)
        answers = self._logged(keys)
        open_rows = {
            key: row for key, row, error in zip(keys, rows, errors, strict=True) if error is None and key not in answers
        }
        failure = self._send(open_rows, answers) if open_rows else None
        values = [
            answers.get(key) or {"error": described(error or failure or _NOT_SENT)}
            for key, error in zip(keys, errors, strict=True)
        ]
        for name, kind in self._columns.types.items():
            table = table.append_column(name, pa.array([value.get(name) for value in values], kind))
        return table

    def close(self) -> None:
        """Close the client and the segment."""
        self._client.close()
        if self._segments is not None:
            self._segments.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, table: Any) -> list[dict[str, Any]]:
        """Return the parts of the rows that are their requests."""
        needed = self._keys.columns
        wanted = _REQUEST if needed is None else ("custom_id", *needed)
        names = [name for name in wanted if name in table.column_names]
        rows: list[dict[str, Any]] = table.select(names).to_pylist()
        if needed is None:
            # In Arrow's structs, a member that an object lacks is null.
            return [
                {name: _parsed(name, value) for name, value in _without_nulls(to_json_value(row)).items()}
                for row in rows
            ]
        return [
            {name: to_json_value(value) for name, value in row.items() if name != "custom_id" or value is not None}
            for row in rows
        ]

    def _logged(self, keys: list[str]) -> dict[str, dict[str, Any]]:
        """Return the answers that the log has."""
        if self._segments is None:
            return {}
        lines = self._segments.find(keys, answered_only=self._retry_failed)
        return {key: self._columns.read(line)[0] for key, line in zip(keys, lines, strict=True) if line is not None}

    def _send(self, rows: dict[str, dict[str, Any]], answers: dict[str, dict[str, Any]]) -> APIError | None:
        """Send rows, and add their answers. Returns the error of the rows that have none."""
        if self._lease is None:
            return self._send_within(rows, answers, None)[0]
        self._lease.add(len(rows))
        try:
            return self._send_leased(rows, answers, self._lease)
        finally:
            self._lease.remove(sum(key not in answers for key in rows))

    def _send_leased(
        self, rows: dict[str, dict[str, Any]], answers: dict[str, dict[str, Any]], lease: Lease
    ) -> APIError | None:
        """Send rows, with a grant of the budget after another."""
        least = _LEAST
        while rows:
            grant = lease.reserve(least)
            if grant is None:
                time.sleep(RENEWAL)
                lease.renew()
                continue
            if grant == 0:
                return BudgetExceededError("the budget is used up; run again with a larger one")
            # After an exception, no one knows what the rows have cost.
            spent = grant if grant.is_finite() else Decimal(0)
            try:
                failure, spent = self._send_within(rows, answers, grant)
            finally:
                lease.settle(grant, spent)
            if failure is not None:
                return failure
            left = {key: row for key, row in rows.items() if key not in answers}
            if len(left) == len(rows):
                if grant < least:
                    return BudgetExceededError(
                        "the rest of the budget covers no further row; run again with a larger one"
                    )
                least *= 2
            rows = left
        return None

    def _send_within(
        self, rows: dict[str, dict[str, Any]], answers: dict[str, dict[str, Any]], grant: Decimal | None
    ) -> tuple[APIError | None, Decimal]:
        """Send rows within a grant of the budget. Returns the error of the rows without an answer, and what was spent."""
        keys, spent = list(rows), Decimal(0)
        key_of_client = run_blocking(self._client._sender._get_key())
        options = self._options if grant is None or not grant.is_finite() else {**self._options, "budget": grant}
        run = start(self._client, key_of_client, None, None, options, has_reports=True)
        writer = _LineWriter(self._segments)

        def take() -> None:
            nonlocal spent
            for number, line in run.take():
                answers[keys[number - 1]], cost = self._columns.read(line)
                writer.add(line)
                spent += cost
                count_one()
            writer.flush_some()
            if run.take_report() and self._lease is not None:
                self._lease.renew()

        def count_one() -> None:
            if self._lease is not None:
                self._lease.remove(1)

        try:
            for key, row in rows.items():
                while not run.has_space and not run.has_ended:
                    run.wait()
                    take()
                try:
                    run.push(row)
                except InvalidRequestError as error:
                    # Such as a `custom_id` of two different rows.
                    answers[key] = {"error": described(error)}
                    count_one()
            run.end_rows()
            while not run.has_ended:
                run.wait()
                take()
            take()
        finally:
            run.abort()
            writer.finish()
        try:
            run.outcome()
        except BudgetExceededError as error:
            # A further grant may cover the rest.
            return (None if "budget" in options else error), spent
        except APIError as error:
            return error, spent
        return None, spent


class _LineWriter:
    """Writes the lines of a group to the segment: at once if it is appended to, else together."""

    def __init__(self, segments: Segments | None) -> None:
        self._segments = segments
        self._lines: list[str] = []
        self._flushed = time.monotonic()

    def add(self, line: str) -> None:
        """Add a line, without its line break."""
        if self._segments is not None:
            self._lines.append(line)

    def flush_some(self) -> None:
        """Write the lines, unless each write is a file of its own."""
        is_late = time.monotonic() - self._flushed > _PATIENCE
        if self._segments is not None and (self._segments.appends or is_late):
            self._write(self._segments)

    def finish(self) -> None:
        """Write all lines, and make them durable."""
        if self._segments is not None:
            self._write(self._segments)
            self._segments.sync()

    def _write(self, segments: Segments) -> None:
        lines, self._lines, self._flushed = self._lines, [], time.monotonic()
        segments.append("".join(f"{line}\n" for line in lines).encode())


def _blocking(client: Any) -> Client:
    """Return the client, or one with default options. Raises ConfigurationError for another kind of client."""
    from .._client import Client

    if client is None:
        return Client()
    if not isinstance(client, Client):
        message = f"client must be a trilogue.Client, not a {type(client).__name__}"
        raise ConfigurationError(message)
    return client


def _limited(client: Client, in_flight: int) -> Client:
    """Return a copy of the client, whose limits are those that it was given, else those of a worker."""
    given = client._options.given
    defaults = {"max_in_flight": in_flight, "adaptive": True}
    return client.with_options(**{name: value for name, value in defaults.items() if given.get(name) is None})


def checked_dollars(budget: Decimal | str | float) -> Decimal:
    """Return a budget in dollars. Raises the core's error for another value."""
    amount = plain(budget)
    RowKeys({"budget": amount})
    return Decimal(str(amount))


def _without_nulls(value: Any) -> Any:
    """Return a value of Arrow as JSON has it: an object lacks the members that are null. A text of a request's part is JSON."""
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _parsed(name: str, value: Any) -> Any:
    """Return a part of a request that may be JSON text. Another text stays, for the core to refuse."""
    if name in ("body", "messages", "params") and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            pass
    return value
