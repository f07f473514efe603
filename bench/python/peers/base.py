"""The interface that the driver expects of a client.

Invariant: each client is used as its own documentation shows, and the measured loops are in its module, so that no call between the loop
and the client counts as the client's.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

#: Sent with every request.
MESSAGES: list[Any] = [{"role": "user", "content": "Hello"}]
#: The server ignores it.
KEY = "sk-bench"

#: The schema of the streamed report.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer"},
                    "name": {"type": "string"},
                    "qty": {"type": "integer"},
                    "price": {"type": "number"},
                    "active": {"type": "boolean"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "note": {"type": "string"},
                },
                "required": ["id", "name", "qty", "price", "active", "tags", "note"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["title", "items"],
    "additionalProperties": False,
}


def items_of(value: Any) -> int:
    """Return the number of items of a partial report."""
    return len(value.get("items") or ())


class Peer:
    """A client. Every method takes the model's name, which selects the server's reply."""

    def open(self, model: str) -> Iterator[Any]:
        """Open a stream."""
        raise NotImplementedError

    async def aopen(self, model: str) -> AsyncIterator[Any]:
        """Open a stream."""
        raise NotImplementedError

    def says(self, item: Any) -> bool:
        """Return whether an item of a stream has text."""
        raise NotImplementedError

    def stream(self, model: str) -> int:
        """Read the text of each chunk of a stream; return how many had one."""
        raise NotImplementedError

    async def astream(self, model: str) -> int:
        """Read as `stream` does."""
        raise NotImplementedError

    def text(self, model: str) -> int:
        """Read only the texts, with the client's interface for them if it has one."""
        return self.stream(model)

    async def atext(self, model: str) -> int:
        """Read as `text` does."""
        return await self.astream(model)

    def whole(self, model: str) -> int:
        """Make a call that isn't streamed; return the length of its text."""
        raise NotImplementedError

    async def awhole(self, model: str) -> int:
        """Call as `whole` does."""
        raise NotImplementedError

    def partials(self, model: str, mode: str) -> tuple[int, int]:
        """Read a partial value at each delta, of a `tool` or of `json`; return their number, and the items of the last one."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Close connections, which would cause warnings at exit."""

    def first(self, model: str) -> float:
        """Return the seconds from the call to the first text, after reading to the end."""
        start, first = perf_counter(), 0.0
        for item in self.open(model):
            if not first and self.says(item):
                first = perf_counter() - start
        return first

    async def afirst(self, model: str) -> float:
        """Measure as `first` does."""
        start, first = perf_counter(), 0.0
        async for item in await self.aopen(model):
            if not first and self.says(item):
                first = perf_counter() - start
        return first
