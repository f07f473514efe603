"""`python -m trilogue chat`: a conversation in the terminal.

The loop reads a message, requests an answer and shows it. A failed or stopped answer doesn't end the loop. Exit codes: 0; without a terminal
also 1 if an answer failed, and 130 after Ctrl-C.
"""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from .answer import Answer, receive
from .commands import COMMANDS, CommandError, Session
from .conversation import request as request_of
from .cost import summary
from .display.output import EXTRA, is_capable, is_installed, output_for
from .editor import LineEditor, PromptEditor
from .errors import line_of

if TYPE_CHECKING:
    from pathlib import Path

    from trilogue import AsyncClient

    from .settings import Settings


def chat(settings: Settings, question: str, *, load: Path | None, keep_history: bool) -> int:
    """Run the chat, and return the exit code. `question` is the first message, unless it is empty."""
    from trilogue import APIError

    output = output_for(settings)
    session = Session(settings, output)
    try:
        # One client for all answers, so that connections are reused.
        client = settings.client()
        if load is not None:
            session.open(load)
    except APIError as error:
        output.error(line_of(error))
        return 2
    except CommandError as error:
        output.error(str(error))
        return 2
    is_interactive = sys.stdin.isatty()
    if is_interactive:
        signal.signal(signal.SIGTERM, _end)
        output.note(f"{settings.model} at {client.base_url} · /help, Ctrl-D ends")
        output.space()
        if is_capable() and not is_installed():
            output.note(f"Markdown, colours and editing come with: {sys.executable} -m pip install '{EXTRA}'")
    editor: LineEditor | PromptEditor = LineEditor()
    if is_interactive and is_capable() and is_installed():
        editor = PromptEditor(COMMANDS, keep_history=keep_history)
    failed = False
    while True:
        if question:
            answer = _answer(session, client, question)
            if answer.cancelled and not is_interactive:
                return 130
            failed = failed or answer.error is not None
        try:
            question = _read(session, editor)
        except EOFError:
            break
        if session.is_over:
            break
    return 1 if failed and not is_interactive else 0


def _end(*_: object) -> NoReturn:
    # `SystemExit` runs the handlers that restore the terminal.
    sys.exit(128 + signal.SIGTERM)


def _read(session: Session, editor: LineEditor | PromptEditor) -> str:
    """Return the next question, or an empty text after a command. Raises EOFError."""
    try:
        line = editor.read()
    except KeyboardInterrupt:
        if not sys.stdin.isatty():
            raise
        session.output.note("Ctrl-D or /quit ends the chat")
        return ""
    if not line.startswith("/"):
        return line if line.strip() else ""
    try:
        return session.run(line) or ""
    except CommandError as error:
        session.output.error(str(error))
        return ""


def _answer(session: Session, client: AsyncClient, question: str) -> Answer:
    """Request an answer, show it, and add it to the conversation."""
    settings, output, conversation = session.settings, session.output, session.conversation
    request = request_of(conversation.say(question), settings)
    output.space()
    answer = receive(settings, client, request, output.view())
    if answer.is_whole and answer.content.strip() and not answer.calls_tools:
        conversation.take(answer.result)
    else:
        conversation.take_partial(answer.result, "stopped" if answer.error is None else type(answer.error).__name__)
    if answer.began is not None:
        output.space()
    kept = "the text so far is kept; " if answer.content.strip() else ""
    if answer.error is not None:
        output.error(line_of(answer.error))
        output.note(f"{kept}/retry sends the question again")
    elif answer.cancelled:
        output.note(f"stopped; {kept}/retry sends the question again")
    elif answer.note:
        output.note(f"note: {answer.note}")
    if answer.result is not None:
        output.summary(summary(settings.model, answer.result, answer.first, answer.writing, conversation))
    output.space()
    return answer
