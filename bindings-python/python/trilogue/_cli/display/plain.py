"""Plain output: for pipes, for terminals that know nothing but text, and where `rich` is not installed.

Law: answers go to standard output as they come, all else to standard error; no escape codes.
"""

from __future__ import annotations

import asyncio
import sys

from .safety import clean, clean_for_eyes


class PlainView:
    """Writes an answer as it comes."""

    def __init__(self, *, show_reasoning: bool) -> None:
        self._show_reasoning = show_reasoning
        # On a terminal what reorders lines is removed too; a file keeps it.
        self._clean = clean_for_eyes if sys.stdout.isatty() else clean
        self._thinking = False
        self._held = ""
        self._at_start = True

    def text(self, text: str) -> None:
        """Write more of the answer."""
        if self._thinking:
            self._thinking = False
            self._held = ""
            self._write("\n\n")
        self._write(self._clean(text))

    def reasoning(self, text: str) -> None:
        """Write more of what the model thinks, each line behind a bar."""
        if not self._show_reasoning:
            return
        if not self._thinking:
            self._thinking = True
            self._write("| " if self._at_start else "\n\n| ")
        # The last line ends only where another one begins.
        text = self._held + self._clean(text)
        line = text.rstrip("\n")
        self._held = text[len(line) :]
        self._write(line.replace("\n", "\n| "))

    def _write(self, text: str) -> None:
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()
            self._at_start = text.endswith("\n")

    async def keep_up(self) -> None:
        """Do nothing: all was written as it came."""
        await asyncio.Event().wait()

    def finish(self) -> None:
        """End the last line."""
        if not self._at_start:
            self._write("\n")


class PlainFront:
    """Everything that the program says, as plain text."""

    def __init__(self, *, hide_reasoning: bool) -> None:
        self._hide_reasoning = hide_reasoning

    def view(self) -> PlainView:
        """Return a view for one answer. What the model thinks is no part of what a pipe gets."""
        return PlainView(show_reasoning=sys.stdout.isatty() and not self._hide_reasoning)

    def space(self) -> None:
        """Do nothing: every line counts in a file."""

    def note(self, text: str) -> None:
        """Say something about the program."""
        print(clean_for_eyes(text), file=sys.stderr, flush=True)

    def summary(self, text: str) -> None:
        """Say what an answer used."""
        self.note(f"({text})")

    def error(self, text: str) -> None:
        """Say what went wrong."""
        self.note(f"error: {text}")
