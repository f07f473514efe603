"""`trilogue count`: the number of tokens of files, or of standard input.

Wrong usage and files that can't be read are exit code 2, a missing vocabulary is 1.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction


def add(commands: _SubParsersAction[ArgumentParser], program: str) -> None:
    """Add the command."""
    count = commands.add_parser(
        "count",
        help="count tokens, offline",
        description="Count the tokens of the gpt-oss models (o200k_harmony) in UTF-8 files, exactly and offline.",
        epilog=f"example: {program} count README.md; needs `pip install 'trilogue[tokens]'`",
        allow_abbrev=False,
    )
    count.add_argument("file", nargs="*", metavar="FILE", help="a file, or - for standard input (default: -)")
    count.add_argument("--special", action="store_true", help="count names such as <|start|> as the special tokens")


def run(arguments: Namespace, parser: ArgumentParser) -> int:
    """Print the number of each file, and the total of several. Returns the exit code."""
    from .._generated.errors import ConfigurationError
    from ..tokens import count

    files: list[str] = arguments.file or ["-"]
    total = 0
    for file in files:
        try:
            data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
            number = count(data.decode("utf-8"), special=arguments.special)
        except OSError as error:
            parser.error(f"{file}: {error.strerror}")
        except UnicodeDecodeError as error:
            parser.error(f"{file} is not UTF-8: byte {error.start} is invalid")
        except ConfigurationError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        total += number
        print(number if len(files) == 1 else f"{number:>9} {file}")
    if len(files) > 1:
        print(f"{total:>9} total")
    return 0
