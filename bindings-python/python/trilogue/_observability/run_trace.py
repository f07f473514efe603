"""The tool run that sends a call: the parent of the calls that the model requests of functions. Imported with tool runs and observers only."""

from __future__ import annotations

from contextvars import ContextVar

from . import is_traced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token
    from typing import Any

#: The tool run that sends a call.
current_run: ContextVar[RunTrace | None] = ContextVar("trilogue_run", default=None)


class RunTrace:
    """The trace of a tool run: calls that are sent within its `with` are the parents of the functions which they request."""

    #: The context of the last call; `None` without a trace.
    context: Any = None
    _token: Token[RunTrace | None]

    def __enter__(self) -> None:
        self._token = current_run.set(self)

    def __exit__(self, *_: object) -> None:
        current_run.reset(self._token)

    def bind(self, call: Any, function: Callable[[], Any]) -> Callable[[], Any]:
        """Return the function that makes a call, within a span if spans are exported."""
        if not is_traced():
            return function
        from .telemetry import run_tool

        return run_tool(self.context, call, function)
