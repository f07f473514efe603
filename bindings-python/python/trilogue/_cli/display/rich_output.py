"""Rich output: Markdown rendered as it streams, dimmed reasoning, coloured errors.

The clock is only used to pace the frames and to show the elapsed time.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.style import Style
from rich.text import Text
from rich.theme import Theme

from .markdown import Flow, MarkdownFlow, ReasoningFlow
from .rows import rows
from .safety import clean_for_display
from .screen import EMPTY, Row, Screen, quiet_keys

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

#: The shortest time between two frames, in seconds. Painting takes at most a quarter of the time.
_FRAME = 0.05
#: Seconds without text after which a progress line is shown.
_QUIET = 1.0
_THEME = {
    "markdown.h1": "bold underline",
    "markdown.h2": "bold",
    "markdown.h3": "bold",
    "markdown.h4": "bold",
    "markdown.h5": "bold italic",
    "markdown.h6": "italic",
    "markdown.code": "cyan",
    "markdown.block_quote": "italic",
    "markdown.hr": "dim",
    "markdown.item.bullet": "dim",
    "markdown.item.number": "dim",
    "markdown.link": "bold",
    "markdown.link_url": "underline",
    "markdown.table.header": "bold",
    "markdown.table.border": "dim",
}


class RichView:
    """Paints an answer as it arrives."""

    def __init__(self, console: Console, *, hide_reasoning: bool) -> None:
        self._console = console
        self._hide_reasoning = hide_reasoning
        self._screen = Screen(sys.stdout)
        self._flow: Flow | None = None
        self._rows: list[Row] = []
        self._started = self._last_text = time.monotonic()
        self._unicode = (sys.stdout.encoding or "").lower().startswith("utf")
        self._keys: AbstractContextManager[None] = quiet_keys()
        self._keys.__enter__()

    def text(self, text: str) -> None:
        """Add text of the answer."""
        self._feed(MarkdownFlow, text)

    def reasoning(self, text: str) -> None:
        """Add text of the model's reasoning."""
        self._last_text = time.monotonic()
        if not self._hide_reasoning:
            self._feed(ReasoningFlow, text)

    def _feed(self, kind: type[Flow], text: str) -> None:
        self._last_text = time.monotonic()
        text = clean_for_display(text)
        if not isinstance(self._flow, kind):
            # Answers often begin with empty lines.
            text = text.lstrip("\n")
            if not text:
                return
            if self._flow is not None:
                self._rows += [*self._flow.finish(self._screen.columns), EMPTY]
            bar = "│" if self._unicode else "|"
            self._flow = MarkdownFlow(self._console) if kind is MarkdownFlow else ReasoningFlow(self._console, bar)
        self._flow.feed(text)

    async def refresh(self) -> None:
        """Paint frames until cancelled."""
        while True:
            started = time.monotonic()
            self._paint(started)
            await asyncio.sleep(max(_FRAME, 3 * (time.monotonic() - started)))

    def _paint(self, now: float) -> None:
        self._screen.resize()
        waiting = [self._waiting(now)] if self._flow is None or now - self._last_text > _QUIET else []
        finished, live = self._take(self._screen.room - len(waiting))
        self._screen.paint(finished, [*live, *waiting])

    def _take(self, room: int) -> tuple[list[Row], list[Row]]:
        finished, self._rows = self._rows, []
        if self._flow is None:
            return finished, []
        more, live = self._flow.take(self._screen.columns, max(1, room))
        return [*finished, *more], live

    def _waiting(self, now: float) -> Row:
        dots = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏" if self._unicode else "|/-\\"
        thinking = self._flow is None and self._last_text > self._started
        state = "thinking" if thinking else "waiting"
        line = f"{dots[int(now * 10) % len(dots)]} {state} {now - self._started:.0f} s · Ctrl-C stops"
        text = Text(line, Style(dim=True), no_wrap=True, overflow="ellipsis")
        return rows(self._console, text, self._screen.columns - 1)[0]

    def finish(self) -> None:
        """Paint the remaining rows."""
        try:
            self._screen.resize()
            rest, self._rows = self._rows, []
            if self._flow is not None:
                rest += self._flow.finish(self._screen.columns)
            self._screen.paint(rest, [])
        finally:
            self._keys.__exit__(None, None, None)


class RichOutput:
    """The output of the program, on a terminal."""

    def __init__(self, *, hide_reasoning: bool) -> None:
        self._hide_reasoning = hide_reasoning
        self._console = Console(
            force_terminal=True, markup=False, emoji=False, highlight=False, theme=Theme(_THEME), legacy_windows=False
        )

    def view(self) -> RichView:
        """Return a view for one answer."""
        return RichView(self._console, hide_reasoning=self._hide_reasoning)

    def space(self) -> None:
        """Write an empty row."""
        self._print(Text())

    def note(self, text: str) -> None:
        """Write a remark of the program."""
        self._print(Text(clean_for_display(text), "dim"))

    def summary(self, text: str) -> None:
        """Write the usage of an answer."""
        self._print(Text(clean_for_display(text), "dim"))

    def error(self, text: str) -> None:
        """Write an error."""
        self._print(Text.assemble(("error", "bold red"), (f": {clean_for_display(text)}", "red")))

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=False)
