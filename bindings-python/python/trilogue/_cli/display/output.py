"""The output of the program, and the choice between plain and rich output."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Protocol

from .plain import PlainOutput

if TYPE_CHECKING:
    from ..answer import View
    from ..settings import Settings

#: The extra with `rich` and `prompt_toolkit`.
EXTRA = "trilogue[chat]"


class Output(Protocol):
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


def output_for(settings: Settings) -> Output:
    """Return the rich output if the terminal and the installed libraries allow it, otherwise the plain one."""
    if settings.plain or not is_capable() or not is_installed():
        return PlainOutput(hide_reasoning=settings.no_reasoning)
    from .rich_output import RichOutput

    return RichOutput(hide_reasoning=settings.no_reasoning)
