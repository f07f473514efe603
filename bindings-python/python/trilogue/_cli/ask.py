"""`python -m trilogue ask`: one question, one answer, for people and for pipes.

Law: the answer alone goes to standard output; everything else to standard error, in one line each. Returns the exit code: 0, 1 where
the answer failed or was cut, 2 where the question can't be asked, 130 at Ctrl-C.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from .answer import receive
from .conversation import begin, request
from .cost import figures_of, summary
from .display.front import front_for
from .display.plain import PlainFront
from .display.safety import clean_json
from .errors import line_of

if TYPE_CHECKING:
    from trilogue import APIError

    from .settings import Settings


def ask(settings: Settings, question: str, *, as_json: bool, schema: dict[str, Any] | None, usage: bool) -> int:
    """Ask, write the answer, and return the exit code."""
    from trilogue import APIError

    stderr = PlainFront(hide_reasoning=True)
    try:
        client = settings.client()
        if as_json or schema is not None:
            result, written = _whole(settings, question, as_json=as_json, schema=schema)
            print(clean_json(written), flush=True)
            if usage:
                stderr.summary(summary(settings.model, figures_of(result), None, 0, None))
            return 0
    except APIError as error:
        return _fail(stderr, error)
    answer = receive(settings, client, _asked(settings, question), front_for(settings).view())
    if answer.cancelled:
        return 130
    if answer.error is not None:
        return _fail(stderr, answer.error)
    if answer.note:
        stderr.note(f"note: {answer.note}")
    if usage:
        stderr.summary(summary(settings.model, answer.figures, answer.first, answer.writing, None))
    return 0


def _whole(settings: Settings, question: str, *, as_json: bool, schema: dict[str, Any] | None) -> tuple[Any, str]:
    """Ask for an answer in one piece; return it with what is to be written."""
    client = settings.blocking_client()
    methods: Any = client.messages if settings.format == "anthropic" else client.chat.completions
    if schema is None:
        result = methods.create(**_asked(settings, question))
    else:
        result = methods.parse(**_asked(settings, question), **{settings.schema_argument: schema})
    if as_json:
        return result, result.to_json(indent=2)
    return result, json.dumps(result.parsed, ensure_ascii=False, indent=2)


def _asked(settings: Settings, question: str) -> dict[str, Any]:
    return request(begin(settings).say(question), settings)


def _fail(stderr: PlainFront, error: APIError) -> int:
    from trilogue import ConfigurationError, InvalidRequestError

    stderr.error(line_of(error))
    return 2 if isinstance(error, (ConfigurationError, InvalidRequestError)) else 1


def joined(words: list[str], piped: str) -> str:
    """Return the question of the command line and what was piped in, as one text."""
    return "\n\n".join(part for part in (" ".join(words).strip(), piped.strip("\n")) if part.strip())


def piped_in() -> str:
    """Return what standard input brings, where it is no terminal."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    return sys.stdin.buffer.read().decode("utf-8", "replace")
