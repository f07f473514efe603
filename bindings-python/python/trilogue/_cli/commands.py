"""Commands of the chat: lines that begin with a slash.

Law: each changes the session, or tells of it; none asks the model. A command that the user got wrong says so and changes nothing.
"""

from __future__ import annotations

import base64
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .conversation import FileError, agree, begin, load, save
from .cost import so_far
from .display.front import is_capable

if TYPE_CHECKING:
    from collections.abc import Callable

    from .display.front import Front
    from .settings import Settings


class CommandError(Exception):
    """A command can't be done; the message says why, and what to do."""


class Command(NamedTuple):
    """A command."""

    argument: str
    about: str
    work: Callable[[Session, str], str | None]


class Session:
    """What a chat works on."""

    def __init__(self, settings: Settings, front: Front) -> None:
        self.settings = settings
        self.front = front
        self.conversation = begin(settings)
        #: Where the conversation was saved or loaded.
        self.path: Path | None = None
        self.is_over = False

    def run(self, line: str) -> str | None:
        """Do a command, and return a question where one is to be asked. Raises CommandError."""
        name, _, argument = line.strip().partition(" ")
        name = {"/exit": "/quit", "/bye": "/quit", "/clear": "/new", "/?": "/help"}.get(name, name)
        command = COMMANDS.get(name)
        if command is None:
            near = get_close_matches(name, COMMANDS, 1)
            hint = f"did you mean {near[0]}?" if near else "/help lists all;"
            message = f"there is no command {name}: {hint} A message that begins with a slash needs a space before it."
            raise CommandError(message)
        return command.work(self, argument.strip())

    def open(self, path: Path) -> None:
        """Go on with the conversation of a file. Raises CommandError."""
        try:
            conversation = load(path)
        except (OSError, FileError) as error:
            raise CommandError(_reason(error)) from error
        self.conversation, self.path = conversation, path
        self.settings.model = conversation.model or self.settings.model
        self.settings.system = conversation.system or self.settings.system
        self.front.note(f"loaded {len(conversation)} turns from {path}; the model is {self.settings.model}")


def _help(session: Session, _: str) -> None:
    width = max(len(f"{name} {command.argument}") for name, command in COMMANDS.items())
    lines = [f"{f'{name} {command.argument}':{width}}  {command.about}" for name, command in COMMANDS.items()]
    keys = [
        "",
        'Several lines: Alt-Enter or Ctrl-J, a backslash before Enter, or """ around the message; pasted text stays as it is.',
        "Ctrl-C stops an answer, which stays as far as it came; Ctrl-D ends the chat.",
    ]
    session.front.note("\n".join([*lines, *keys]))


def _new(session: Session, _: str) -> None:
    session.conversation, session.path = begin(session.settings), None
    session.front.note("a new conversation")


def _system(session: Session, text: str) -> None:
    if text:
        session.settings.system = None if text == "-" else text
    session.front.note(f"system message: {session.settings.system or 'none'}")


def _model(session: Session, name: str) -> None:
    session.settings.model = name or session.settings.model
    session.front.note(f"model: {session.settings.model}")


def _retry(session: Session, _: str) -> str:
    asked = _taken_back(session)
    if asked is None:
        message = "there is no question to ask again"
        raise CommandError(message)
    return asked


def _undo(session: Session, _: str) -> None:
    asked = _taken_back(session)
    if asked is None:
        message = "there is nothing to undo"
        raise CommandError(message)
    session.front.note(f"removed, with its answer: {_start(asked)}")


def _taken_back(session: Session) -> str | None:
    """Remove the last question with its answer; return its text."""
    turns = session.conversation.turns
    texts = [turn.text for turn in turns if turn.role == "user"]
    session.conversation.undo()
    return texts[-1] if texts else None


def _save(session: Session, argument: str) -> None:
    force, name = argument.startswith("-f "), argument.removeprefix("-f ").strip()
    path = _path(name) if name else session.path
    if path is None:
        message = "name a file: /save FILE"
        raise CommandError(message)
    if path.exists() and path != session.path and not force:
        message = f"{path} exists: /save -f {name} replaces it"
        raise CommandError(message)
    try:
        agree(session.conversation, session.settings)
        save(session.conversation, path)
    except OSError as error:
        raise CommandError(_reason(error)) from error
    session.path = path
    session.front.note(f"saved {len(session.conversation)} turns to {path}")


def _load(session: Session, name: str) -> None:
    if not name:
        message = "name a file: /load FILE"
        raise CommandError(message)
    session.open(_path(name))


def _copy(session: Session, _: str) -> None:
    answers = [turn.text or "" for turn in session.conversation.turns if turn.role == "assistant"]
    if not answers or not is_capable():
        message = "there is no answer to copy" if not answers else "this terminal has no clipboard"
        raise CommandError(message)
    # The terminal's own clipboard, so that it works over ssh too. Base64 carries no control character.
    text = base64.b64encode(answers[-1].encode()).decode()
    sys.stdout.write(f"\x1b]52;c;{text}\x07")
    sys.stdout.flush()
    session.front.note("copied the last answer, where the terminal allows it")


def _cost(session: Session, _: str) -> None:
    usage = session.conversation.usage
    asked = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    tokens = f"{asked:,} tokens in, {usage.output_tokens:,} out"
    answers = "1 answer" if usage.answers == 1 else f"{usage.answers} answers"
    session.front.note(f"{answers} · {tokens} · {so_far(session.conversation)}")


def _quit(session: Session, _: str) -> None:
    session.is_over = True


COMMANDS = {
    "/help": Command("", "this list", _help),
    "/new": Command("", "begin a new conversation", _new),
    "/system": Command("[TEXT]", "show or set the system message; - removes it", _system),
    "/model": Command("[NAME]", "show or change the model", _model),
    "/retry": Command("", "ask the last question again", _retry),
    "/undo": Command("", "remove the last question and its answer", _undo),
    "/save": Command("[FILE]", "write the conversation as JSON", _save),
    "/load": Command("FILE", "go on with a conversation of a file", _load),
    "/copy": Command("", "put the last answer into the clipboard", _copy),
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
