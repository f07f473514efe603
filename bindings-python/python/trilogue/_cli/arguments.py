"""The arguments of `ask` and `chat`: parsed into settings, and checked as far as possible without a server. Wrong usage is exit code 2."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .._generated.constants import BASE_URL_VARIABLE, KEY_VARIABLE, MODEL_VARIABLE
from .settings import Settings, default_model

if TYPE_CHECKING:
    from argparse import Namespace, _ArgumentGroup, _SubParsersAction

    Commands = _SubParsersAction[ArgumentParser]

_ENVIRONMENT = f"""environment:
  {KEY_VARIABLE:<20} the key; a base URL on this machine needs none
  OPENAI_API_KEY       the key for a base URL of OpenAI
  ANTHROPIC_API_KEY    the key for a base URL of Anthropic
  {BASE_URL_VARIABLE:<20} the base URL, if --base-url is not given
  {MODEL_VARIABLE:<20} the model, if --model is not given
  NO_COLOR             no colours

No key? `{{program}} local` serves a small model on this machine and prints its base URL.
"""
_ASK = """examples:
  {program} ask "What is a monad?"
  cat report.txt | {program} ask "Summarise this"
  git diff | {program} ask -s "You review code" > review.md
  {program} ask --schema person.json "Ada Lovelace, born 1815"

exit codes: 0; 1 the answer failed or was cut off; 2 wrong usage; 130 Ctrl-C

"""
# Fields that -o can't set: the program sets them.
_RESERVED = ("messages", "stream", "structured")


def add(commands: Commands, program: str) -> None:
    """Add the two commands."""
    style: dict[str, Any] = {"formatter_class": RawDescriptionHelpFormatter, "allow_abbrev": False}
    chat = commands.add_parser(
        "chat",
        help="chat with a model",
        description="Chat with a model. Answers stream as Markdown; Ctrl-C stops an answer, Ctrl-D ends the chat.",
        epilog=_ENVIRONMENT.format(program=program),
        **style,
    )
    chat.add_argument("question", nargs="*", metavar="QUESTION", help="the first question")
    chat.add_argument("--load", type=Path, metavar="FILE", help="continue a conversation that /save wrote")
    chat.add_argument("--no-history", action="store_true", help="don't save the input history")
    _add_common(chat)
    ask = commands.add_parser(
        "ask",
        help="ask one question, for pipes",
        description="Ask one question and write the answer. Piped text follows the question.",
        epilog=(_ASK + _ENVIRONMENT).format(program=program),
        **style,
    )
    ask.add_argument("question", nargs="*", metavar="QUESTION", help="the question")
    ask.add_argument("--json", action="store_true", help="write the whole completion or message as JSON")
    ask.add_argument(
        "--schema",
        type=_schema,
        metavar="FILE",
        help="a JSON Schema, or a file with one, for an answer in JSON",
    )
    ask.add_argument("-u", "--usage", action="store_true", help="write tokens, speed and cost to standard error")
    _add_common(ask)


def add_endpoint(parser: ArgumentParser | _ArgumentGroup) -> None:
    """Add the arguments that name a model and its endpoint."""
    parser.add_argument("-m", "--model", default=default_model(), help="the model (default: %(default)s)")
    parser.add_argument("--base-url", metavar="URL", help="the URL of the endpoint (default: ModelsLab's)")
    parser.add_argument(
        "--key-variable", metavar="NAME", help=f"the environment variable of the key (default: {KEY_VARIABLE})"
    )


def _add_common(parser: ArgumentParser) -> None:
    about_model = parser.add_argument_group("model")
    add_endpoint(about_model)
    about_model.add_argument(
        "--format",
        choices=("openai", "anthropic"),
        default="openai",
        help="the format of the endpoint (default: openai)",
    )
    request = parser.add_argument_group("request")
    request.add_argument("-s", "--system", metavar="TEXT", help="the system message")
    request.add_argument("-t", "--temperature", type=float, metavar="T", help="the sampling temperature")
    request.add_argument(
        "--max-tokens", type=positive_number, metavar="N", help="the highest number of tokens of the answer"
    )
    request.add_argument("--reasoning-effort", metavar="LEVEL", help="the effort of reasoning: low, medium, high, …")
    request.add_argument(
        "-o",
        "--option",
        action="append",
        default=[],
        type=_field,
        metavar="NAME=VALUE",
        help="another field of the request, its value as JSON or text; may be repeated",
    )
    output = parser.add_argument_group("output")
    output.add_argument(
        "--plain", "--no-markdown", action="store_true", help="plain text on a terminal too; a pipe always receives it"
    )
    output.add_argument("--no-reasoning", action="store_true", help="don't show the model's reasoning")


def run(arguments: Namespace, parser: ArgumentParser) -> int:
    """Run `chat` or `ask`, and return the exit code."""
    if arguments.key_variable and not os.environ.get(arguments.key_variable):
        parser.error(f"--key-variable: {arguments.key_variable} is not set")
    settings = Settings(
        model=arguments.model,
        base_url=arguments.base_url,
        key_variable=arguments.key_variable,
        format=arguments.format,
        system=valid_text(arguments.system) if arguments.system else None,
        temperature=arguments.temperature,
        max_tokens=arguments.max_tokens,
        reasoning_effort=arguments.reasoning_effort,
        fields=dict(arguments.option),
        plain=arguments.plain,
        no_reasoning=arguments.no_reasoning,
    )
    for stream in (sys.stdout, sys.stderr):
        # Characters that the terminal's encoding lacks are replaced.
        cast("Any", stream).reconfigure(errors="replace")
    words = [valid_text(word) for word in arguments.question]
    try:
        if arguments.command == "chat":
            from .chat import chat

            return chat(settings, " ".join(words), load=arguments.load, keep_history=not arguments.no_history)
        from .ask import ask, join_question, read_pipe

        question = join_question(words, read_pipe())
        if not question:
            parser.error("there is no question; pass one, or pipe text in")
        return ask(settings, question, as_json=arguments.json, schema=arguments.schema, usage=arguments.usage)
    except BrokenPipeError:
        # The reader has closed the pipe, as `head` does. Without this, the interpreter's final flush would fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130


def valid_text(argument: str) -> str:
    """Return an argument of the command line as valid text: invalid bytes are replaced."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def positive_number(text: str) -> int:
    """Return an argument of the command line as a number above 0. Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) < 1:
        message = f"{text!r} is not a number above 0"
        raise ArgumentTypeError(message)
    return int(text)


def _field(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not name or not equals or name in _RESERVED:
        message = f"{text!r} is not NAME=VALUE" if name not in _RESERVED else f"{name} can't be set by -o"
        raise ArgumentTypeError(message)
    try:
        return name, json.loads(value)
    except ValueError:
        return name, valid_text(value)


def _schema(text: str) -> dict[str, Any]:
    try:
        value: Any = json.loads(text if text.lstrip().startswith("{") else Path(text).read_text(encoding="utf-8"))
    except OSError as error:
        message = f"{text}: {error.strerror}"
        raise ArgumentTypeError(message) from None
    except ValueError as error:
        message = f"{text} is not JSON: {error}"
        raise ArgumentTypeError(message) from None
    if not isinstance(value, dict):
        message = f"{text} is not a JSON Schema: it must be an object"
        raise ArgumentTypeError(message)
    return cast("dict[str, Any]", value)
