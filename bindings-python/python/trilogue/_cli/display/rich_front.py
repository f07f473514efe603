"""Rich output: Markdown that is painted as it streams, dim thoughts, errors that stand out.

Law: shows, and asks nobody anything. Time is taken from a clock only to pace the frames and to tell how long the user has waited.
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

from .markdown import Flow, MarkdownFlow, ThoughtFlow
from .rows import rows
from .safety import clean_for_eyes
from .screen import EMPTY, Row, Screen, quiet_keys

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

#: Seconds between two frames, at least; painting takes at most a quarter of the time.
_FRAME = 0.05
#: Seconds of silence after which the user is told that the answer still runs.
_PATIENCE = 1.0
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
    """Paints an answer as it comes."""

    def __init__(self, console: Console, *, hide_reasoning: bool) -> None:
        self._console = console
        self._hide_reasoning = hide_reasoning
        self._screen = Screen(sys.stdout)
        self._flow: Flow | None = None
        self._rows: list[Row] = []
        self._asked = self._heard = time.monotonic()
        self._unicode = (sys.stdout.encoding or "").lower().startswith("utf")
        self._keys: AbstractContextManager[None] = quiet_keys()
        self._keys.__enter__()

    def text(self, text: str) -> None:
        """Take more of the answer."""
        self._feed(MarkdownFlow, text)

    def reasoning(self, text: str) -> None:
        """Take more of what the model thinks."""
        self._heard = time.monotonic()
        if not self._hide_reasoning:
            self._feed(ThoughtFlow, text)

    def _feed(self, kind: type[Flow], text: str) -> None:
        self._heard = time.monotonic()
        text = clean_for_eyes(text)
        if not isinstance(self._flow, kind):
            # Answers often begin with empty lines.
            text = text.lstrip("\n")
            if not text:
                return
            if self._flow is not None:
                self._rows += [*self._flow.finish(self._screen.columns), EMPTY]
            bar = "│" if self._unicode else "|"
            self._flow = MarkdownFlow(self._console) if kind is MarkdownFlow else ThoughtFlow(self._console, bar)
        self._flow.feed(text)

    async def keep_up(self) -> None:
        """Paint a frame, again and again."""
        while True:
            started = time.monotonic()
            self._paint(started)
            await asyncio.sleep(max(_FRAME, 3 * (time.monotonic() - started)))

    def _paint(self, now: float) -> None:
        self._screen.resize()
        waiting = [self._waiting(now)] if self._flow is None or now - self._heard > _PATIENCE else []
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
        thinking = self._flow is None and self._heard > self._asked
        what = "thinking" if thinking else "waiting"
        line = f"{dots[int(now * 10) % len(dots)]} {what} {now - self._asked:.0f} s · Ctrl-C stops"
        text = Text(line, Style(dim=True), no_wrap=True, overflow="ellipsis")
        return rows(self._console, text, self._screen.columns - 1)[0]

    def finish(self) -> None:
        """Paint all that is left, for good."""
        try:
            self._screen.resize()
            rest, self._rows = self._rows, []
            if self._flow is not None:
                rest += self._flow.finish(self._screen.columns)
            self._screen.paint(rest, [])
        finally:
            self._keys.__exit__(None, None, None)


class RichFront:
    """Everything that the program says, on a terminal."""

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
        self._say(Text())

    def note(self, text: str) -> None:
        """Say something about the program."""
        self._say(Text(clean_for_eyes(text), "dim"))

    def summary(self, text: str) -> None:
        """Say what an answer used."""
        self._say(Text(clean_for_eyes(text), "dim"))

    def error(self, text: str) -> None:
        """Say what went wrong."""
        self._say(Text.assemble(("error", "bold red"), (f": {clean_for_eyes(text)}", "red")))

    def _say(self, text: Text) -> None:
        self._console.print(text, soft_wrap=False)
