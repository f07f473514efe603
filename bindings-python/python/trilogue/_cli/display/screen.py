"""The end of the terminal's output, which can be painted anew.

Law: rows above the painted ones are never touched, and rows that stay as they are aren't written again: nothing flickers, and a frame
costs what changed. Rows are finished text with their styles; what they mean is no matter of this file.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TextIO

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

# A frame is shown at once where the terminal knows how; others ignore these.
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
# A painted row that a terminal finds wider than we do is clipped, so that it stays one row.
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"
_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_CLEAR_LINE, _CLEAR_BELOW = "\x1b[K", "\x1b[J"


class Row(NamedTuple):
    """One row of the terminal."""

    text: str
    #: The same without its styles.
    plain: str
    #: Cells that it takes.
    width: int


EMPTY = Row("", "", 0)


class Screen:
    """The last rows of a terminal."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._painted: list[Row] = []
        self.columns, self.lines = self._measure()

    @property
    def room(self) -> int:
        """How many rows may be painted."""
        return max(1, self.lines - 2)

    def _measure(self) -> tuple[int, int]:
        try:
            columns, lines = os.get_terminal_size(self._out.fileno())
        except (OSError, ValueError):
            columns, lines = 80, 24
        return columns or 80, lines or 24

    def resize(self) -> bool:
        """Take the terminal's present size; whether its width changed. Painted rows that wrapped are gone for."""
        columns, self.lines = self._measure()
        if columns == self.columns:
            return False
        self.columns = columns
        if self._painted:
            # Terminals wrap what is too wide now.
            rows = sum(max(1, -(-row.width // columns)) for row in self._painted)
            self._write(_up(rows - 1) + _CLEAR_BELOW)
            self._painted = []
        return True

    def paint(self, finished: Sequence[Row], painted: Sequence[Row]) -> None:
        """Put the finished rows above, where they stay, and the painted ones below them, until the next call."""
        rows = [*finished, *painted]
        old = self._painted
        if rows == old and not finished:
            return
        same = 0
        for before, now in zip(old, rows, strict=False):
            if before != now:
                break
            same += 1
        # The cursor rests at the end of the last painted row: that one is written in any case.
        same = max(0, min(same, len(rows) - 1))
        out = [_BEGIN, _HIDE_CURSOR if painted else ""]
        if same == len(old) and old:
            out.append("\n")
        elif old:
            out.append(_up(len(old) - 1 - same))
        for index in range(same, len(rows)):
            out.append(_NO_WRAP if index >= len(finished) else "")
            out += [rows[index].text, _CLEAR_LINE]
            if index < len(rows) - 1 or not painted:
                out.append("\n")
        out += [_CLEAR_BELOW, _WRAP, "" if painted else _SHOW_CURSOR, _END]
        self._painted = list(painted)
        self._write("".join(out))

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def _up(rows: int) -> str:
    return f"\r\x1b[{rows}A" if rows > 0 else "\r"


@contextmanager
def quiet_keys() -> Generator[None, None, None]:
    """Keep the terminal from showing what is typed while rows are painted; it comes with the next prompt."""
    try:
        import termios
    except ImportError:
        yield
        return
    try:
        number = sys.stdin.fileno()
        before = termios.tcgetattr(number)
    except (OSError, ValueError, termios.error):
        # Standard input is no terminal.
        yield
        return
    quiet = [*before]
    quiet[3] = int(before[3]) & ~termios.ECHO
    termios.tcsetattr(number, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
