"""`python -m trilogue claude-code`: the environment that points Claude Code at an endpoint and a model.

Law: names of Claude Code's variables and how shells and its settings write them, nothing else; the address is checked by the core. The key is
referred to by its variable, and is in what is printed or written only where it was asked for. The endpoint has to speak Anthropic's
messages: there is no relay here.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

_KEY = "MODELSLAB_API_KEY"
_EPILOG = """The endpoint must speak Anthropic's messages, as ModelsLab's does and `{program} local`; one that knows chat completions
alone can't be used.

examples:
  eval "$({program} claude-code)"                   this shell, from now on
  {program} claude-code --exec -- -p "Say hello"    once, with what follows `--` as Claude Code's arguments
  {program} claude-code --settings                  this project, in .claude/settings.json

environment:
  MODELSLAB_API_KEY    the key, where --key-variable is not given; an address on this machine needs none
  MODELSLAB_BASE_URL   the address, where --base-url is not given
  MODELSLAB_MODEL      the model, where --model is not given

exit codes: 0, 1 it can't be done, 2 wrong usage; with --exec those of Claude Code
"""
_SETTINGS = Path(".claude/settings.json")
#: What Claude Code may find in the environment of a user, and must not send to another endpoint.
_FOREIGN = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")


#: Without any key, Claude Code would ask its user to log in.
_NO_KEY = "none"
#: Tokens that Claude Code leaves for an answer by itself.
_OUTPUT = 32_000
_LIMITS = ("CLAUDE_CODE_MAX_CONTEXT_TOKENS", "CLAUDE_CODE_MAX_OUTPUT_TOKENS")


class SetupError(Exception):
    """What is missing or wrong, and what to do."""


def add(commands: _SubParsersAction[ArgumentParser], program: str) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "claude-code",
        help="use a model with Claude Code",
        description="Print, write or use the environment that points Claude Code at an endpoint and a model.",
        epilog=_EPILOG.format(program=program),
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    from .arguments import _positive
    from .settings import MODEL

    model = os.environ.get("MODELSLAB_MODEL") or MODEL
    parser.add_argument("-m", "--model", default=model, help="the model (default: %(default)s)")
    parser.add_argument(
        "--small-model", metavar="MODEL", help="the model for small tasks, such as titles (default: the same)"
    )
    parser.add_argument("--base-url", metavar="URL", help="where the endpoint is (default: ModelsLab's)")
    parser.add_argument(
        "--key-variable", metavar="NAME", help=f"the environment variable that holds the key (default: {_KEY})"
    )
    parser.add_argument(
        "--auth",
        choices=("bearer", "x-api-key"),
        default="bearer",
        help="the header that the key is sent in (default: Authorization: Bearer)",
    )
    parser.add_argument(
        "--context",
        type=_positive,
        metavar="N",
        help="tokens of the model's context (default: what the catalogue knows)",
    )
    parser.add_argument(
        "--with-key", action="store_true", help="put the key itself into what is printed or written; others may read it"
    )
    parser.add_argument(
        "--shell", choices=("bash", "fish", "powershell"), default="bash", help="whose commands are printed"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--print", action="store_true", help="print the commands that set it (the default)")
    what.add_argument(
        "--settings",
        nargs="?",
        type=Path,
        const=_SETTINGS,
        metavar="PATH",
        help=f"write it into Claude Code's settings, and keep what is there (default: {_SETTINGS})",
    )
    what.add_argument("--exec", action="store_true", help="start Claude Code with it")
    parser.add_argument("arguments", nargs="*", metavar="-- ARGUMENTS", help="arguments of Claude Code, for --exec")


def run(arguments: Namespace, parser: ArgumentParser) -> int:
    """Run the command, and return the exit code."""
    if arguments.arguments and not arguments.exec:
        parser.error("arguments of Claude Code are for --exec")
    if arguments.with_key and arguments.exec:
        parser.error("--with-key is for --print and --settings: --exec never shows the key")
    variable = arguments.key_variable or _KEY
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", variable):
        parser.error("--key-variable takes the name of a variable; no key belongs there")
    try:
        plan = _Plan(arguments, variable)
        if arguments.exec:
            return plan.start(arguments.arguments)
        if arguments.settings is not None:
            plan.write(arguments.settings)
        else:
            print("\n".join(plan.commands(arguments.shell)))
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


class _Plan:
    """What was asked for, checked."""

    def __init__(self, arguments: Namespace, variable: str) -> None:
        self.variable = variable
        self.key = os.environ.get(variable, "").strip()
        base_url, self.is_needed = _address(arguments.base_url, self.key)
        #: Whether the key's variable is referred to. A server on this machine is sent it where it is set.
        self.has_key = self.is_needed or bool(self.key)
        self.name = "ANTHROPIC_AUTH_TOKEN" if arguments.auth == "bearer" else "ANTHROPIC_API_KEY"
        self.with_key: bool = arguments.with_key
        model = _text(arguments.model)
        small = _text(arguments.small_model) if arguments.small_model else model
        #: Without the key.
        self.variables = {
            # Claude Code adds `/v1/messages` itself.
            "ANTHROPIC_BASE_URL": base_url.removesuffix("/v1"),
            "ANTHROPIC_MODEL": model,
            "ANTHROPIC_DEFAULT_OPUS_MODEL": model,
            "ANTHROPIC_DEFAULT_SONNET_MODEL": model,
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": small,
            "CLAUDE_CODE_SUBAGENT_MODEL": model,
            **_limits(model, arguments.context),
            # A line that differs with each request stands before all others, and caches of prompts would hold nothing.
            "CLAUDE_CODE_ATTRIBUTION_HEADER": "0",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        }

    def _the_key(self) -> str:
        if self.is_needed and not self.key:
            message = f"{self.variable} is not set: set it to your key, or name another variable with --key-variable"
            raise SetupError(message)
        return self.key or _NO_KEY

    def commands(self, shell: str) -> list[str]:
        """Return the commands that set it."""
        sets, unset, quote = _SHELLS[shell]
        if self.is_needed and not self.key and not self.with_key:
            print(f"note: {self.variable} is not set here", file=sys.stderr)
        key = quote(self._the_key()) if self.with_key or not self.has_key else _REFERS[shell].format(self.variable)
        variables = {name: quote(value) for name, value in self.variables.items()}
        foreign = [unset.format(name) for name in _FOREIGN if name not in (self.name, self.variable)]
        return [*foreign, *(sets.format(name, value) for name, value in {**variables, self.name: key}.items())]

    def start(self, arguments: list[str]) -> int:
        """Become Claude Code."""
        kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        variables = {**kept, **self.variables, self.name: self._the_key()}
        sys.stdout.flush()
        try:
            os.execvpe("claude", ["claude", *arguments], variables)  # noqa: S606, S607
        except FileNotFoundError:
            message = "there is no program claude: install it with `npm install -g @anthropic-ai/claude-code`"
            raise SetupError(message) from None
        except OSError as error:
            message = f"claude can't be started: {error.strerror}"
            raise SetupError(message) from None

    def write(self, path: Path) -> None:
        """Put it into a settings file, at once or not at all."""
        # A link stays one.
        target = path.resolve()
        settings = _read(target, path)
        environment: Any = settings.setdefault("env", {})
        if not isinstance(environment, dict):
            message = f"{path}: its env is no object; nothing was written"
            raise SetupError(message)
        for name in _LIMITS:
            environment.pop(name, None)
        for name in _FOREIGN:
            if environment.get(name) not in (None, "", _NO_KEY) and not self.with_key:
                where = self.variables["ANTHROPIC_BASE_URL"]
                message = (
                    f"{path}: its env has {name}, which would be sent to {where}: take it out; nothing was written"
                )
                raise SetupError(message)
            # Empty: one that its user has for Anthropic is not sent here.
            environment[name] = ""
        environment.update(self.variables)
        helper = f"printenv {self.variable}"
        if self.with_key or not self.has_key:
            environment[self.name] = self._the_key()
        if settings.setdefault("apiKeyHelper", helper) != helper:
            other = settings["apiKeyHelper"]
            message = f"{path}: it has another apiKeyHelper, {other!r}: take it out; nothing was written"
            raise SetupError(message)
        if environment[self.name]:
            del settings["apiKeyHelper"]
        try:
            _replace(target, json.dumps(settings, indent=2, ensure_ascii=False) + "\n", secret=self.with_key)
        except OSError as error:
            message = f"{path} can't be written: {error.strerror}"
            raise SetupError(message) from None
        print(f"wrote {path}", file=sys.stderr)


def _address(given: str | None, key: str) -> tuple[str, bool]:
    """Return the endpoint's address, and whether it needs a key: what the core makes of both."""
    from .. import APIError, Client

    named = os.environ.pop(_KEY, None)
    try:
        return Client(base_url=given).base_url, False
    except APIError:
        pass
    finally:
        if named is not None:
            os.environ[_KEY] = named
    try:
        return Client(base_url=given, api_key=key or _NO_KEY).base_url, True
    except APIError as error:
        raise SetupError(error.message) from None


def _text(argument: str) -> str:
    """Return an argument of the command line as text, whatever its bytes were."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _limits(model: str, context: int | None) -> dict[str, str]:
    """Return what Claude Code has to be told of a model that it doesn't know."""
    from .. import catalog

    known = catalog.get(model)
    window = context or (known.context_window if known else None)
    output = known.max_output_tokens if known else None
    if window and not output and window < 4 * _OUTPUT:
        # It would find no room for a prompt beside so long an answer.
        output = window // 4
    limits = zip(_LIMITS, (window, output), strict=True)
    return {name: str(value) for name, value in limits if value}


def _read(path: Path, shown: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        message = f"{shown} can't be read: {error}"
        raise SetupError(message) from None
    try:
        settings: Any = json.loads(text) if text.strip() else {}
    except ValueError as error:
        message = f"{shown} is no JSON ({error}): mend it first; nothing was written"
        raise SetupError(message) from None
    if not isinstance(settings, dict):
        message = f"{shown} holds no JSON object: mend it first; nothing was written"
        raise SetupError(message)
    return cast("dict[str, Any]", settings)


def _replace(path: Path, text: str, *, secret: bool) -> None:
    from tempfile import NamedTemporaryFile

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        mode = path.stat().st_mode & 0o777
    except FileNotFoundError:
        mode = 0o644
    with NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8", newline="\n"
    ) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            # Only its owner reads a key.
            Path(file.name).chmod(mode & 0o600 if secret else mode)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _fish(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _powershell(text: str) -> str:
    # Typographic quotes are quotes there.
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"


#: How a shell sets a variable, takes one away, and writes a text.
_SHELLS: dict[str, tuple[str, str, Any]] = {
    "bash": ("export {}={}", "unset {}", shlex.quote),
    "fish": ("set -gx {} {}", "set -e {}", _fish),
    "powershell": ("$env:{} = {}", "Remove-Item -ErrorAction Ignore Env:{}", _powershell),
}
#: How it refers to one.
_REFERS = {"bash": '"${}"', "fish": '"${}"', "powershell": "$env:{}"}
