"""One limit and one budget for many workers: a leader that leases shares of them, and a worker's lease.

Invariant: the shares of all workers never exceed the limit, and what is spent never exceeds the budget. A lease that is not renewed expires; the
money of a worker that has died counts as spent, since no one knows how much of it was. The leader is pure: its clock is an argument.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .._native import NativeClient

#: How long a lease is valid without being renewed, and how often it is renewed, in seconds.
EXPIRY = 2.0
RENEWAL = 0.25
#: The time within which a worker should be able to send all of its rows, in seconds. It gets no larger share than that needs.
_HORIZON = 0.5
#: A grant is at most the rest of the budget, divided by this many parts for each worker.
_PARTS = 2


@dataclass
class _Worker:
    """A worker's lease."""

    #: Requests per second that it can use, and those that it may.
    wanted: float = 0.0
    share: float = 0.0
    expires: float = 0.0
    #: Dollars that it may spend now.
    granted: Decimal = Decimal(0)


class Leader:
    """Divides a limit and a budget among workers."""

    def __init__(
        self,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        budget: Decimal | None = None,
    ) -> None:
        self._rates = (requests_per_minute, tokens_per_minute)
        self._budget = budget
        self._spent = Decimal(0)
        self._workers: dict[str, _Worker] = {}
        #: The segments of this run, and the costs of those of earlier runs.
        self._segments: set[str] = set()
        self._earlier: dict[str, Decimal] = {}

    def join(self, segment: str, costs: dict[str, Decimal]) -> None:
        """Add a worker that writes a segment. `costs`: those of the segments that it has found, which count in the budget."""
        self._segments.add(segment)
        for name, cost in costs.items():
            if not any(name.startswith(own) for own in self._segments):
                self._earlier[name] = cost

    def lease(self, name: str, rows: int, now: float) -> tuple[float | None, float | None]:
        """Renew the lease of a worker that has this many rows to send. Returns its requests and tokens per minute; `None` for no limit."""
        self._expire(now)
        worker = self._workers.setdefault(name, _Worker())
        worker.expires = now + EXPIRY
        share = self._share_of(worker, rows)
        requests, tokens = (None if rate is None else rate * share for rate in self._rates)
        # Without a limit of requests, no share of the tokens still means that nothing is sent.
        return 0.0 if share == 0 and tokens is not None else requests, tokens

    def _share_of(self, worker: _Worker, rows: int) -> float:
        """Return the part of the limits that a worker gets: a fair one, as far as it can use it and others have returned theirs."""
        requests = self._rates[0]
        # Tokens have no count in advance: a worker with rows can use all of them.
        worker.wanted = min(1.0, rows / _HORIZON * 60 / requests) if requests else float(rows > 0)
        level = _water_level([one.wanted for one in self._workers.values()])
        free = 1.0 - sum(one.share for one in self._workers.values() if one is not worker)
        worker.share = max(0.0, min(worker.wanted, level, free))
        return worker.share

    def reserve(self, name: str, at_least: Decimal, now: float) -> Decimal | None:
        """Grant dollars to a worker: at least this many, or all that are left. Zero if the budget is used up, `None` if others may return some."""
        if self._budget is None:
            return Decimal("Infinity")
        self._expire(now)
        worker = self._workers.setdefault(name, _Worker())
        worker.expires = now + EXPIRY
        granted = sum((one.granted for one in self._workers.values()), Decimal(0))
        left = self._budget - self.spent - granted
        amount = min(left, max(at_least, left / (_PARTS * len(self._workers))))
        if amount <= 0 or (amount < at_least and granted > 0):
            return None if granted > 0 else Decimal(0)
        worker.granted += amount
        return amount

    def settle(self, name: str, granted: Decimal, spent: Decimal) -> None:
        """Return a grant, of which a part was spent."""
        worker = self._workers.get(name)
        if worker is None:
            # It had expired, and counts as spent.
            self._spent += spent - granted
            return
        worker.granted -= granted
        self._spent += spent

    @property
    def spent(self) -> Decimal:
        """What was spent so far, in dollars, in earlier runs too."""
        return self._spent + sum(self._earlier.values(), Decimal(0))

    def _expire(self, now: float) -> None:
        for name in [name for name, worker in self._workers.items() if worker.expires < now]:
            self._spent += self._workers.pop(name).granted


def _water_level(wanted: list[float]) -> float:
    """Return the share above which no worker gets more, so that all of the limit is used, and those that want little get it."""
    left = 1.0
    for number, want in enumerate(sorted(wanted)):
        level = left / (len(wanted) - number)
        if want > level:
            return level
        left -= want
    return math.inf


class LocalLeader:
    """A leader with the clock of its machine. Its calls are short, and run one after another."""

    def __init__(
        self,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        budget: Decimal | None = None,
    ) -> None:
        self._leader = Leader(requests_per_minute, tokens_per_minute, budget)
        self._lock = threading.Lock()

    def join(self, segment: str, costs: dict[str, Decimal]) -> None:
        """Call `Leader.join`."""
        with self._lock:
            self._leader.join(segment, costs)

    def lease(self, name: str, rows: int) -> tuple[float | None, float | None]:
        """Call `Leader.lease`."""
        with self._lock:
            return self._leader.lease(name, rows, time.monotonic())

    def reserve(self, name: str, at_least: Decimal) -> Decimal | None:
        """Call `Leader.reserve`."""
        with self._lock:
            return self._leader.reserve(name, at_least, time.monotonic())

    def settle(self, name: str, granted: Decimal, spent: Decimal) -> None:
        """Call `Leader.settle`."""
        with self._lock:
            self._leader.settle(name, granted, spent)

    def read_spent(self) -> Decimal:
        """Return what was spent."""
        with self._lock:
            return self._leader.spent


class LeaderCalls(Protocol):
    """Calls of the leader, which may be in another process."""

    def join(self, segment: str, costs: dict[str, Decimal]) -> None:
        """Call `Leader.join`."""

    def lease(self, name: str, rows: int) -> tuple[float | None, float | None]:
        """Call `Leader.lease`."""
        ...

    def reserve(self, name: str, at_least: Decimal) -> Decimal | None:
        """Call `Leader.reserve`."""
        ...

    def settle(self, name: str, granted: Decimal, spent: Decimal) -> None:
        """Call `Leader.settle`."""


class Lease:
    """The lease of one worker, which its threads share: sets the rates of the worker's client.

    `own`: the client's own requests and tokens per minute, which hold where the leader has no limit.
    """

    def __init__(
        self, leader: LeaderCalls, native: NativeClient, name: str, own: tuple[float | None, float | None]
    ) -> None:
        self._leader = leader
        self._native = native
        self._name = name
        self._own = own
        self._lock = threading.Lock()
        self._rows = 0
        self._renewed = -math.inf
        # Nothing is sent before the first lease.
        native.set_rates(0.0, None)

    def add(self, rows: int) -> None:
        """Count rows that have to be sent, and get a share for them."""
        with self._lock:
            self._rows += rows
            self._renew()

    def remove(self, rows: int) -> None:
        """Count rows that were sent, or are not sent."""
        with self._lock:
            self._rows -= rows
            if self._rows == 0:
                # Others get the share.
                self._renew()

    def renew(self) -> None:
        """Renew the lease, if it is time."""
        with self._lock:
            if time.monotonic() - self._renewed >= RENEWAL:
                self._renew()

    def _renew(self) -> None:
        self._renewed = time.monotonic()
        leased = self._leader.lease(self._name, self._rows)
        requests, tokens = (own if rate is None else rate for rate, own in zip(leased, self._own, strict=True))
        self._native.set_rates(requests, tokens)

    def reserve(self, at_least: Decimal) -> Decimal | None:
        """Get dollars for a group of rows; see `Leader.reserve`."""
        return self._leader.reserve(self._name, at_least)

    def settle(self, granted: Decimal, spent: Decimal) -> None:
        """Return what was not spent."""
        if granted.is_finite():
            self._leader.settle(self._name, granted, spent)
