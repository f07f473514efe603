"""Commands of the chat: lines that begin with a slash.

A command changes or shows the session, and sends no request. A wrong command shows an error and changes nothing.
"""

from __future__ import annotations

import base64
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .conversation import FileError, apply_settings, begin, load, save
from .cost import so_far
from .display.output import is_capable

if TYPE_CHECKING:
    from collections.abc import Callable

    from .display.output import Output
    from .settings import Settings


class CommandError(Exception):
    """A command can't be executed. The message says why, and what to do."""


class Command(NamedTuple):
    """A command."""

    argument: str
    help: str
    execute: Callable[[Session, str], str | None]


class Session:
    """The state of a chat."""

    def __init__(self, settings: Settings, output: Output) -> None:
        self.settings = settings
        self.output = output
        self.conversation = begin(settings)
        #: The file to which the conversation was saved, or from which it was loaded.
        self.path: Path | None = None
        self.is_over = False

    def run(self, line: str) -> str | None:
        """Execute a command; return a question if it has to be sent again. Raises CommandError."""
        name, _, argument = line.strip().partition(" ")
        name = {"/exit": "/quit", "/bye": "/quit", "/clear": "/new", "/?": "/help"}.get(name, name)
        command = COMMANDS.get(name)
        if command is None:
            close = get_close_matches(name, COMMANDS, 1)
            hint = f"did you mean {close[0]}?" if close else "/help lists all commands."
            message = f"unknown command {name}; {hint} A message that begins with a slash needs a space before it."
            raise CommandError(message)
        return command.execute(self, argument.strip())

    def open(self, path: Path) -> None:
        """Continue the conversation of a file. Raises CommandError."""
        try:
            conversation = load(path)
        except (OSError, FileError) as error:
            raise CommandError(_reason(error)) from error
        self.conversation, self.path = conversation, path
        self.settings.model = conversation.model or self.settings.model
        self.settings.system = conversation.system or self.settings.system
        self.output.note(f"loaded {len(conversation)} turns from {path}; the model is {self.settings.model}")


def _help(session: Session, _: str) -> None:
    width = max(len(f"{name} {command.argument}") for name, command in COMMANDS.items())
    lines = [f"{f'{name} {command.argument}':{width}}  {command.help}" for name, command in COMMANDS.items()]
    keys = [
        "",
        'Several lines: Alt-Enter or Ctrl-J, a backslash before Enter, or """ around the message; pasted text is not changed.',
        "Ctrl-C stops an answer and keeps the text so far; Ctrl-D ends the chat.",
    ]
    session.output.note("\n".join([*lines, *keys]))


def _new(session: Session, _: str) -> None:
    session.conversation, session.path = begin(session.settings), None
    session.output.note("a new conversation")


def _system(session: Session, text: str) -> None:
    if text:
        session.settings.system = None if text == "-" else text
    session.output.note(f"system message: {session.settings.system or 'none'}")


def _model(session: Session, name: str) -> None:
    session.settings.model = name or session.settings.model
    session.output.note(f"model: {session.settings.model}")


def _retry(session: Session, _: str) -> str:
    question = _undo_turn(session)
    if question is None:
        message = "there is no question to send again"
        raise CommandError(message)
    return question


def _undo(session: Session, _: str) -> None:
    question = _undo_turn(session)
    if question is None:
        message = "there is nothing to undo"
        raise CommandError(message)
    session.output.note(f"removed, with its answer: {_start(question)}")


def _undo_turn(session: Session) -> str | None:
    """Remove the last question and its answer; return the text of the question."""
    turns = session.conversation.turns
    texts = [turn.text for turn in turns if turn.role == "user"]
    session.conversation.undo()
    return texts[-1] if texts else None


def _save(session: Session, argument: str) -> None:
    force, name = argument.startswith("-f "), argument.removeprefix("-f ").strip()
    path = _path(name) if name else session.path
    if path is None:
        message = "/save needs a file: /save FILE"
        raise CommandError(message)
    if path.exists() and path != session.path and not force:
        message = f"{path} exists; /save -f {name} replaces it"
        raise CommandError(message)
    try:
        apply_settings(session.conversation, session.settings)
        save(session.conversation, path)
    except OSError as error:
        raise CommandError(_reason(error)) from error
    session.path = path
    session.output.note(f"saved {len(session.conversation)} turns to {path}")


def _load(session: Session, name: str) -> None:
    if not name:
        message = "/load needs a file: /load FILE"
        raise CommandError(message)
    session.open(_path(name))


def _copy(session: Session, _: str) -> None:
    answers = [turn.text or "" for turn in session.conversation.turns if turn.role == "assistant"]
    if not answers or not is_capable():
        message = "there is no answer to copy" if not answers else "this terminal has no clipboard"
        raise CommandError(message)
    # An escape sequence for the terminal's clipboard, which works over ssh too. Base64 contains no control characters.
    text = base64.b64encode(answers[-1].encode()).decode()
    sys.stdout.write(f"\x1b]52;c;{text}\x07")
    sys.stdout.flush()
    session.output.note("copied the last answer, if the terminal allows it")


def _cost(session: Session, _: str) -> None:
    usage = session.conversation.usage
    read = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    tokens = f"{read:,} tokens in, {usage.output_tokens:,} out"
    answers = "1 answer" if usage.answers == 1 else f"{usage.answers} answers"
    session.output.note(f"{answers} · {tokens} · {so_far(session.conversation)}")


def _quit(session: Session, _: str) -> None:
    session.is_over = True


COMMANDS = {
    "/help": Command("", "this list", _help),
    "/new": Command("", "start a new conversation", _new),
    "/system": Command("[TEXT]", "show or set the system message; - removes it", _system),
    "/model": Command("[NAME]", "show or change the model", _model),
    "/retry": Command("", "send the last question again", _retry),
    "/undo": Command("", "remove the last question and its answer", _undo),
    "/save": Command("[FILE]", "write the conversation as JSON", _save),
    "/load": Command("FILE", "continue the conversation of a file", _load),
    "/copy": Command("", "copy the last answer to the clipboard", _copy),
    "/cost": Command("", "tokens and dollars so far", _cost),
    "/quit": Command("", "end the chat", _quit),
}


def _path(name: str) -> Path:
    return Path(name.strip("'\"")).expanduser()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _start(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
