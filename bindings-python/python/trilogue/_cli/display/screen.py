"""The last rows of the terminal's output, which can be repainted.

Rows above the painted ones are never touched, and unchanged rows are not written again: nothing flickers, and the cost of a frame is in
proportion to its changes. Rows are text with escape sequences for styles.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TextIO

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

# Synchronised output: terminals that don't support it ignore these sequences.
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
# Without wrapping, a row that the terminal measures as wider is clipped and stays one row.
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"
_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_CLEAR_LINE, _CLEAR_BELOW = "\x1b[K", "\x1b[J"


class Row(NamedTuple):
    """One row of the terminal."""

    text: str
    #: The text without styles.
    plain: str
    #: The width in cells.
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
        """The number of rows that may be painted."""
        return max(1, self.lines - 2)

    def _measure(self) -> tuple[int, int]:
        try:
            columns, lines = os.get_terminal_size(self._out.fileno())
        except (OSError, ValueError):
            columns, lines = 80, 24
        return columns or 80, lines or 24

    def resize(self) -> None:
        """Update the size of the terminal. If its width changed, painted rows are cleared, since they may have wrapped."""
        columns, self.lines = self._measure()
        if columns == self.columns:
            return
        self.columns = columns
        if self._painted:
            # Terminals wrap rows that have become too wide.
            rows = sum(max(1, -(-row.width // columns)) for row in self._painted)
            self._write(_up(rows - 1) + _CLEAR_BELOW)
            self._painted = []

    def paint(self, finished: Sequence[Row], painted: Sequence[Row]) -> None:
        """Write the finished rows, which stay, and below them the painted ones, which the next call replaces."""
        rows = [*finished, *painted]
        old = self._painted
        if rows == old and not finished:
            return
        same = 0
        for before, now in zip(old, rows, strict=False):
            if before != now:
                break
            same += 1
        # The cursor is at the end of the last painted row, so that row is always written.
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
    """Disable the echo of typed characters while rows are painted; the next prompt receives them."""
    try:
        import termios
    except ImportError:
        yield
        return
    try:
        number = sys.stdin.fileno()
        before = termios.tcgetattr(number)
    except (OSError, ValueError, termios.error):
        # Standard input is not a terminal.
        yield
        return
    quiet = [*before]
    quiet[3] = int(before[3]) & ~termios.ECHO
    termios.tcsetattr(number, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
