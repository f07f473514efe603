"""`python -m trilogue …`: parses the arguments and runs the command, whose module is imported only then."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ._cli import arguments as terminal
from ._cli import batch, claude_code, count
from ._native import __version__


def main() -> int:
    """Run a command and return its exit code."""
    started = Path(sys.argv[0])
    program = "python -m trilogue" if started.name == "__main__.py" else started.name
    parser = argparse.ArgumentParser(prog=program, description="Talk to language models.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"trilogue {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    terminal.add(commands, program)
    batch.add(commands, program)
    claude_code.add(commands, program)
    count.add(commands, program)
    local = commands.add_parser(
        "local",
        help="serve a small real model on this machine",
        description="Serve a model on the loopback interface with llama.cpp's own server: no key, no network. "
        "Prints the base URL once it is ready; Ctrl-C stops it.",
        allow_abbrev=False,
    )
    local.add_argument("--port", type=int, default=0, help="port (default: any that is free)")
    local.add_argument(
        "--model", metavar="GGUF", help="weights (default: SmolLM2, a demonstration model of 135M parameters)"
    )
    local.add_argument("--threads", type=int, default=1, help="threads that compute (default: 1)")
    local.add_argument("--context", type=int, default=4096, help="tokens of context (default: 4096)")
    local.add_argument("--max-tokens", type=int, help="tokens of an answer whose request has no limit (default: 512)")
    local.add_argument("--with-parent", action="store_true", help="stop when standard input ends")
    arguments = parser.parse_args()
    if arguments.command == "batch":
        return batch.run(arguments, commands.choices["batch"])
    if arguments.command == "claude-code":
        return claude_code.run(arguments, commands.choices["claude-code"])
    if arguments.command == "count":
        return count.run(arguments, commands.choices["count"])
    if arguments.command != "local":
        return terminal.run(arguments, commands.choices[arguments.command])
    from .local import MAX_TOKENS, LocalError, serve

    limit = MAX_TOKENS if arguments.max_tokens is None else arguments.max_tokens
    model, threads, context = arguments.model, arguments.threads, arguments.context
    try:
        serve(arguments.port, model, threads, context, limit, with_parent=arguments.with_parent)
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
