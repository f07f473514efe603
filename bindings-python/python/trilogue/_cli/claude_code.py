"""`python -m trilogue claude-code`: the environment that points Claude Code at an endpoint and a model.

The key is referred to by its variable; it is printed or written itself only with `--with-key`. The endpoint has to support Anthropic's messages:
there is no relay.
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

from .._generated.constants import BASE_URL_VARIABLE, KEY_VARIABLE, MODEL_VARIABLE
from .arguments import add_endpoint, positive_number, valid_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

_EPILOG = f"""The endpoint must support Anthropic's messages, as ModelsLab's and `{{program}} local` do; an endpoint with chat completions
only can't be used.

examples:
  eval "$({{program}} claude-code)"                   this shell, from now on
  {{program}} claude-code --exec -- -p "Say hello"    once, with the arguments of Claude Code after `--`
  {{program}} claude-code --settings                  this project, in .claude/settings.json

environment:
  {KEY_VARIABLE:<20} the key, if --key-variable is not given; a base URL on this machine needs none
  {BASE_URL_VARIABLE:<20} the base URL, if --base-url is not given
  {MODEL_VARIABLE:<20} the model, if --model is not given

exit codes: 0; 1 an error; 2 wrong usage; with --exec those of Claude Code
"""
_SETTINGS = Path(".claude/settings.json")
#: Keys for Anthropic in the user's environment, which must not be sent to another endpoint.
_FOREIGN = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")


#: Without a key, Claude Code would require a login.
_NO_KEY = "none"
#: The number of tokens that Claude Code reserves for an answer.
_OUTPUT = 32_000
_LIMITS = ("CLAUDE_CODE_MAX_CONTEXT_TOKENS", "CLAUDE_CODE_MAX_OUTPUT_TOKENS")


class SetupError(Exception):
    """The environment can't be set up. The message says what to do."""


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
    add_endpoint(parser)
    parser.add_argument(
        "--small-model", metavar="MODEL", help="the model for small tasks, such as titles (default: the same)"
    )
    parser.add_argument(
        "--auth",
        choices=("bearer", "x-api-key"),
        default="bearer",
        help="the header of the key (default: Authorization: Bearer)",
    )
    parser.add_argument(
        "--context",
        type=positive_number,
        metavar="N",
        help="the size of the model's context in tokens (default: the catalogue's)",
    )
    parser.add_argument("--with-key", action="store_true", help="print or write the key itself; others may read it")
    parser.add_argument(
        "--shell", choices=("bash", "fish", "powershell"), default="bash", help="the shell whose commands are printed"
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument(
        "--print", action="store_true", help="print the commands that set the environment (the default)"
    )
    action.add_argument(
        "--settings",
        nargs="?",
        type=Path,
        const=_SETTINGS,
        metavar="PATH",
        help=f"write the environment into Claude Code's settings, and keep their other content (default: {_SETTINGS})",
    )
    action.add_argument("--exec", action="store_true", help="start Claude Code in the environment")
    parser.add_argument("arguments", nargs="*", metavar="-- ARGUMENTS", help="arguments of Claude Code, for --exec")


def run(arguments: Namespace, parser: ArgumentParser) -> int:
    """Run the command, and return the exit code."""
    if arguments.arguments and not arguments.exec:
        parser.error("arguments of Claude Code are for --exec")
    if arguments.with_key and arguments.exec:
        parser.error("--with-key is for --print and --settings: --exec never shows the key")
    variable = arguments.key_variable or KEY_VARIABLE
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", variable):
        parser.error("--key-variable takes the name of a variable, not a key")
    try:
        environment = _Environment(arguments, variable)
        if arguments.exec:
            return environment.start(arguments.arguments)
        if arguments.settings is not None:
            environment.write(arguments.settings)
        else:
            print("\n".join(environment.commands(arguments.shell)))
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


class _Environment:
    """The environment of Claude Code."""

    def __init__(self, arguments: Namespace, variable: str) -> None:
        self.variable = variable
        self.key = os.environ.get(variable, "").strip()
        base_url, self.is_needed = _address(arguments.base_url, self.key)
        #: Whether the key's variable is referred to. A server on this machine receives the key if the variable is set.
        self.has_key = self.is_needed or bool(self.key)
        self.name = "ANTHROPIC_AUTH_TOKEN" if arguments.auth == "bearer" else "ANTHROPIC_API_KEY"
        self.with_key: bool = arguments.with_key
        model = valid_text(arguments.model)
        small = valid_text(arguments.small_model) if arguments.small_model else model
        #: The variables except the key.
        self.variables = {
            # Claude Code adds `/v1/messages` itself.
            "ANTHROPIC_BASE_URL": base_url.removesuffix("/v1"),
            "ANTHROPIC_MODEL": model,
            "ANTHROPIC_DEFAULT_OPUS_MODEL": model,
            "ANTHROPIC_DEFAULT_SONNET_MODEL": model,
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": small,
            "CLAUDE_CODE_SUBAGENT_MODEL": model,
            **_limits(model, arguments.context),
            # Otherwise every prompt begins with a line that changes with each request, and prompt caches are useless.
            "CLAUDE_CODE_ATTRIBUTION_HEADER": "0",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        }

    def _required_key(self) -> str:
        if self.is_needed and not self.key:
            message = f"{self.variable} is not set: set it to your key, or name another variable with --key-variable"
            raise SetupError(message)
        return self.key or _NO_KEY

    def commands(self, shell: str) -> list[str]:
        """Return the commands that set the environment."""
        sets, unset, quote = _SHELLS[shell]
        if self.is_needed and not self.key and not self.with_key:
            print(f"note: {self.variable} is not set here", file=sys.stderr)
        key = quote(self._required_key()) if self.with_key or not self.has_key else _REFERS[shell].format(self.variable)
        variables = {name: quote(value) for name, value in self.variables.items()}
        foreign = [unset.format(name) for name in _FOREIGN if name not in (self.name, self.variable)]
        return [*foreign, *(sets.format(name, value) for name, value in {**variables, self.name: key}.items())]

    def start(self, arguments: list[str]) -> int:
        """Replace this process by Claude Code."""
        kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        variables = {**kept, **self.variables, self.name: self._required_key()}
        sys.stdout.flush()
        try:
            os.execvpe("claude", ["claude", *arguments], variables)  # noqa: S606, S607
        except FileNotFoundError:
            message = "there is no program claude; install it with `npm install -g @anthropic-ai/claude-code`"
            raise SetupError(message) from None
        except OSError as error:
            message = f"claude can't be started: {error.strerror}"
            raise SetupError(message) from None

    def write(self, path: Path) -> None:
        """Write the environment into a settings file, atomically."""
        # A symbolic link stays a link.
        target = path.resolve()
        settings = _read(target, path)
        environment: Any = settings.setdefault("env", {})
        if not isinstance(environment, dict):
            message = f"{path}: its env is not an object; nothing was written"
            raise SetupError(message)
        for name in _LIMITS:
            environment.pop(name, None)
        for name in _FOREIGN:
            if environment.get(name) not in (None, "", _NO_KEY) and not self.with_key:
                address = self.variables["ANTHROPIC_BASE_URL"]
                message = (
                    f"{path}: its env has {name}, which would be sent to {address}; remove it; nothing was written"
                )
                raise SetupError(message)
            # Empty, so that the user's key for Anthropic is not sent.
            environment[name] = ""
        environment.update(self.variables)
        helper = f"printenv {self.variable}"
        if self.with_key or not self.has_key:
            environment[self.name] = self._required_key()
        if settings.setdefault("apiKeyHelper", helper) != helper:
            other = settings["apiKeyHelper"]
            message = f"{path}: it has another apiKeyHelper, {other!r}; remove it; nothing was written"
            raise SetupError(message)
        if environment[self.name]:
            del settings["apiKeyHelper"]
        try:
            _replace(target, json.dumps(settings, indent=2, ensure_ascii=False) + "\n", secret=self.with_key)
        except OSError as error:
            message = f"{path} can't be written: {error.strerror}"
            raise SetupError(message) from None
        print(f"wrote {path}", file=sys.stderr)


def _address(base_url: str | None, key: str) -> tuple[str, bool]:
    """Return the base URL, and whether it needs a key, as the core decides."""
    from .. import APIError, Client

    named = os.environ.pop(KEY_VARIABLE, None)
    try:
        client = Client(base_url=base_url)
    except APIError:
        pass
    else:
        # Without that variable, a key is the environment's for this host, which needs it.
        return client.base_url, client.api_key is not None
    finally:
        if named is not None:
            os.environ[KEY_VARIABLE] = named
    try:
        return Client(base_url=base_url, api_key=key or _NO_KEY).base_url, True
    except APIError as error:
        raise SetupError(error.message) from None


def _limits(model: str, context: int | None) -> dict[str, str]:
    """Return the limits of a model that Claude Code doesn't know."""
    from .. import catalog

    known = catalog.get(model)
    window = context or (known.context_window if known else None)
    output = known.max_output_tokens if known else None
    if window and not output and window < 4 * _OUTPUT:
        # Otherwise the reserved answer would leave no room for a prompt.
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
        message = f"{shown} is not JSON ({error}); correct it first; nothing was written"
        raise SetupError(message) from None
    if not isinstance(settings, dict):
        message = f"{shown} is not a JSON object; correct it first; nothing was written"
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
            # Only the owner may read a key.
            Path(file.name).chmod(mode & 0o600 if secret else mode)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _fish(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _powershell(text: str) -> str:
    # PowerShell treats typographic quotes as quotes.
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"


#: The commands of a shell that set and remove a variable, and its quoting.
_SHELLS: dict[str, tuple[str, str, Any]] = {
    "bash": ("export {}={}", "unset {}", shlex.quote),
    "fish": ("set -gx {} {}", "set -e {}", _fish),
    "powershell": ("$env:{} = {}", "Remove-Item -ErrorAction Ignore Env:{}", _powershell),
}
#: The reference to a variable.
_REFERS = {"bash": '"${}"', "fish": '"${}"', "powershell": "$env:{}"}
