"""The trace of a tool run: the call that the model answered last is the parent of the functions that it requests. Imported with tool runs."""

from __future__ import annotations

from . import is_traced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class RunTrace:
    """The trace of a tool run, which passes itself to the sender with each of its calls."""

    #: The context of the last call; `None` without a trace.
    context: Any = None

    def bind(self, call: Any, function: Callable[[], Any]) -> Callable[[], Any]:
        """Return the function that makes a call, within a span if spans are exported."""
        if not is_traced():
            return function
        from .telemetry import run_tool

        return run_tool(self.context, call, function)
