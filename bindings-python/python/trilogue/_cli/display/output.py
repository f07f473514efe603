"""The choice between plain and rich output."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from .plain import PlainOutput

if TYPE_CHECKING:
    from ..settings import Settings
    from .plain import PlainView
    from .rich_output import RichOutput, RichView

    #: The output of the program: views of answers, remarks, summaries, errors.
    Output = PlainOutput | RichOutput
    #: Shows one answer as it arrives.
    View = PlainView | RichView

#: The extra with `rich` and `prompt_toolkit`.
EXTRA = "trilogue[chat]"


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
