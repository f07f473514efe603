"""`python -m trilogue ask`: one question and one answer, for terminals and pipes.

Only the answer goes to standard output; everything else goes to standard error, one line each. Exit codes: 0; 1 if the answer failed or was cut
off; 2 if the request is invalid; 130 after Ctrl-C.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from .answer import receive
from .conversation import begin, request
from .cost import summary
from .display.output import output_for
from .display.plain import PlainOutput
from .display.safety import clean_json
from .errors import line_of

if TYPE_CHECKING:
    from trilogue import APIError

    from .settings import Settings


def ask(settings: Settings, question: str, *, as_json: bool, schema: dict[str, Any] | None, usage: bool) -> int:
    """Send the question, write the answer, and return the exit code."""
    from trilogue import APIError

    stderr = PlainOutput(hide_reasoning=True)
    try:
        client = settings.client()
        if as_json or schema is not None:
            result, text = _whole(settings, question, as_json=as_json, schema=schema)
            print(clean_json(text), flush=True)
            if usage:
                stderr.summary(summary(settings.model, result, None, 0, None))
            return 0
    except APIError as error:
        return _fail(stderr, error)
    answer = receive(settings, client, _arguments(settings, question), output_for(settings).view())
    if answer.cancelled:
        return 130
    if answer.error is not None:
        return _fail(stderr, answer.error)
    if answer.note:
        stderr.note(f"note: {answer.note}")
    if usage:
        stderr.summary(summary(settings.model, answer.result, answer.first, answer.writing, None))
    return 0


def _whole(settings: Settings, question: str, *, as_json: bool, schema: dict[str, Any] | None) -> tuple[Any, str]:
    """Request an answer without streaming; return it with the text to write."""
    client = settings.blocking_client()
    methods: Any = client.messages if settings.format == "anthropic" else client.chat.completions
    if schema is None:
        result = methods.create(**_arguments(settings, question))
    else:
        result = methods.parse(**_arguments(settings, question), **{settings.schema_argument: schema})
    if as_json:
        return result, result.to_json(indent=2)
    return result, json.dumps(result.parsed, ensure_ascii=False, indent=2)


def _arguments(settings: Settings, question: str) -> dict[str, Any]:
    return request(begin(settings).say(question), settings)


def _fail(stderr: PlainOutput, error: APIError) -> int:
    from trilogue import ConfigurationError, InvalidRequestError

    stderr.error(line_of(error))
    return 2 if isinstance(error, (ConfigurationError, InvalidRequestError)) else 1


def join_question(words: list[str], piped: str) -> str:
    """Return the question of the command line and the piped text, as one text."""
    return "\n\n".join(part for part in (" ".join(words).strip(), piped.strip("\n")) if part.strip())


def read_pipe() -> str:
    """Return the text of standard input, unless it is a terminal."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    return sys.stdin.buffer.read().decode("utf-8", "replace")
