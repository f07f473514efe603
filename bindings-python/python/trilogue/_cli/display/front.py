"""The choice between the plain and the rich front end."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Protocol

from .plain import PlainFront

if TYPE_CHECKING:
    from ..answer import View
    from ..settings import Settings

#: The extra with `rich` and `prompt_toolkit`.
EXTRA = "trilogue[chat]"


class Front(Protocol):
    """The output of the program."""

    def view(self) -> View:
        """Return a view for one answer."""
        ...

    def space(self) -> None:
        """Write an empty line between parts."""

    def note(self, text: str) -> None:
        """Write a remark of the program."""

    def summary(self, text: str) -> None:
        """Write the usage of an answer."""

    def error(self, text: str) -> None:
        """Write an error."""


def is_capable() -> bool:
    """Return whether the output is a terminal with cursor control."""
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def is_installed() -> bool:
    """Return whether the libraries of the extra are installed."""
    from importlib.util import find_spec

    return all(find_spec(name) is not None for name in ("rich", "prompt_toolkit"))


def front_for(settings: Settings) -> Front:
    """Return the front end for the program's output."""
    if settings.plain or not is_capable() or not is_installed():
        return PlainFront(hide_reasoning=settings.no_reasoning)
    from .rich_front import RichFront

    return RichFront(hide_reasoning=settings.no_reasoning)
