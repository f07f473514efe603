"""Input of the user: a prompt with history and editing, or lines of standard input.

A message of several lines begins and ends with three double quotes, or its lines end with a backslash.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

PROMPT = "> "
_CONTINUED = ". "
_QUOTES = '"""'


def is_open(text: str) -> bool:
    """Return whether a message that began with three quotes has not ended."""
    start = text.lstrip()
    return start.startswith(_QUOTES) and not (
        len(start.rstrip()) >= 2 * len(_QUOTES) and start.rstrip().endswith(_QUOTES)
    )


def strip_quotes(text: str) -> str:
    """Return a message without the quotes around it."""
    start = text.strip()
    if start.startswith(_QUOTES) and not is_open(text):
        return start[len(_QUOTES) : -len(_QUOTES)].strip("\n")
    return text


class LineEditor:
    """Lines of standard input, with a prompt on a terminal."""

    def __init__(self) -> None:
        self._is_interactive = sys.stdin.isatty()
        if self._is_interactive and os.environ.get("TERM", "") not in ("", "dumb"):
            # Importing it adds editing and history to input().
            with suppress(ImportError):
                import_module("readline")

    def read(self) -> str:
        """Return the next message. Raises EOFError at the end."""
        lines = [self._line(PROMPT)]
        while True:
            if is_open("\n".join(lines)):
                lines.append(self._line(_CONTINUED))
            elif lines[-1].endswith("\\") and not lines[0].lstrip().startswith(_QUOTES):
                lines[-1] = lines[-1][:-1]
                lines.append(self._line(_CONTINUED))
            else:
                return strip_quotes("\n".join(lines))

    def _line(self, prompt: str) -> str:
        if self._is_interactive:
            if sys.stdout.isatty():
                return input(prompt)
            print(prompt, end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.rstrip("\r\n")


class PromptEditor:
    """A prompt on a terminal."""

    def __init__(self, commands: Iterable[str], *, keep_history: bool) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        from prompt_toolkit.formatted_text import ANSI

        self._session: PromptSession[str] = PromptSession(
            ANSI(f"\x1b[1m{PROMPT}\x1b[0m"),
            multiline=True,
            history=_history(keep=keep_history),
            key_bindings=_bindings(),
            # `sentence`: a command is completed only at the beginning of the message.
            completer=WordCompleter(sorted(commands), sentence=True),
            complete_while_typing=False,
            prompt_continuation=_CONTINUED,
            enable_open_in_editor=True,
            enable_suspend=True,
        )

    def read(self) -> str:
        """Return the next message. Raises EOFError at the end, KeyboardInterrupt after Ctrl-C without text."""
        return strip_quotes(self._session.prompt())


def _bindings() -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings

    bindings = KeyBindings()

    @bindings.add("enter")
    def enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.document.text_before_cursor.endswith("\\"):
            buffer.delete_before_cursor()
            buffer.newline(copy_margin=False)
        elif is_open(buffer.text):
            buffer.newline(copy_margin=False)
        else:
            buffer.validate_and_handle()

    @bindings.add("escape", "enter")
    @bindings.add("c-j")
    def newline(event: KeyPressEvent) -> None:
        event.current_buffer.newline(copy_margin=False)

    @bindings.add("c-c")
    def interrupt(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=KeyboardInterrupt)

    return bindings


def _history(*, keep: bool) -> History:
    """Return the history in a file that other users can't read, or one in memory."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    if not keep:
        return InMemoryHistory()
    state = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    path = Path(state) / "trilogue" / "history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(path)
