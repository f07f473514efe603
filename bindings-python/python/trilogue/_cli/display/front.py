"""Which of the two ways to show things fits where the output goes.

Law: decides and shows nothing.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Protocol

from .plain import PlainFront

if TYPE_CHECKING:
    from ..answer import View
    from ..settings import Settings

#: What makes the terminal client pretty.
EXTRA = "trilogue[chat]"


class Front(Protocol):
    """Everything that the program says."""

    def view(self) -> View:
        """Return a view for one answer."""
        ...

    def space(self) -> None:
        """Set off what comes next."""

    def note(self, text: str) -> None:
        """Say something about the program."""

    def summary(self, text: str) -> None:
        """Say what an answer used."""

    def error(self, text: str) -> None:
        """Say what went wrong."""


def is_capable() -> bool:
    """Whether the output is a terminal that can be painted."""
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def is_installed() -> bool:
    """Whether the libraries of the extra are there."""
    from importlib.util import find_spec

    return all(find_spec(name) is not None for name in ("rich", "prompt_toolkit"))


def front_for(settings: Settings) -> Front:
    """Return the way to show things on this output."""
    if settings.plain or not is_capable() or not is_installed():
        return PlainFront(hide_reasoning=settings.no_reasoning)
    from .rich_front import RichFront

    return RichFront(hide_reasoning=settings.no_reasoning)
