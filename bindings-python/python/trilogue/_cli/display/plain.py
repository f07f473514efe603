"""Plain output: for pipes, simple terminals, and if `rich` is not installed.

Answers go to standard output as they arrive, everything else to standard error. There are no escape codes.
"""

from __future__ import annotations

import asyncio
import sys

from .safety import clean, clean_for_display


class PlainView:
    """Writes an answer as it arrives."""

    def __init__(self, *, show_reasoning: bool) -> None:
        self._show_reasoning = show_reasoning
        # On a terminal, characters that reorder text are removed too; a file keeps them.
        self._clean = clean_for_display if sys.stdout.isatty() else clean
        self._thinking = False
        self._held = ""
        self._at_start = True

    def text(self, text: str) -> None:
        """Write text of the answer."""
        if self._thinking:
            self._thinking = False
            self._held = ""
            self._write("\n\n")
        self._write(self._clean(text))

    def reasoning(self, text: str) -> None:
        """Write text of the model's reasoning, with a bar before each line."""
        if not self._show_reasoning:
            return
        if not self._thinking:
            self._thinking = True
            self._write("| " if self._at_start else "\n\n| ")
        # The line break of the last line is written with the next line.
        text = self._held + self._clean(text)
        line = text.rstrip("\n")
        self._held = text[len(line) :]
        self._write(line.replace("\n", "\n| "))

    def _write(self, text: str) -> None:
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()
            self._at_start = text.endswith("\n")

    async def refresh(self) -> None:
        """Do nothing: text is written as it arrives."""
        await asyncio.Event().wait()

    def finish(self) -> None:
        """End the last line."""
        if not self._at_start:
            self._write("\n")


class PlainOutput:
    """The output of the program, as plain text."""

    def __init__(self, *, hide_reasoning: bool) -> None:
        self._hide_reasoning = hide_reasoning

    def view(self) -> PlainView:
        """Return a view for one answer. A pipe receives no reasoning."""
        return PlainView(show_reasoning=sys.stdout.isatty() and not self._hide_reasoning)

    def space(self) -> None:
        """Do nothing: files get no empty lines."""

    def note(self, text: str) -> None:
        """Write a remark of the program."""
        print(clean_for_display(text), file=sys.stderr, flush=True)

    def summary(self, text: str) -> None:
        """Write the usage of an answer."""
        self.note(f"({text})")

    def error(self, text: str) -> None:
        """Write an error."""
        self.note(f"error: {text}")
