#!/usr/bin/env python3
"""Stands in for a program that a document's commands call and that a test must not run: checks the arguments.

Its name is the program that it stands in for. Packages that are installed must be this repository's, with extras that exist, or ones that
the documents' programs use.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

#: Packages of others that the documents install.
_PACKAGES = {
    "ai",
    "openai",
    "anthropic",
    "pydantic",
    "serde",
    "schemars",
    "starlette",
    "tokio",
    "trilogue",
    "uvicorn",
    "zod",
}
_INSTALLERS = {"pip": "install", "npm": "install", "uv": "add", "cargo": "add"}


def _check_package(package: str, root: Path) -> str | None:
    name, _, extras = package.removesuffix("]").partition("[")
    if name not in _PACKAGES:
        return f"no document uses the package {name}"
    project = tomllib.loads((root / "bindings-python/pyproject.toml").read_text())["project"]
    unknown = set(filter(None, extras.split(","))) - set(project["optional-dependencies"])
    return f"the package has no extra {', '.join(unknown)}" if unknown else None


def main() -> int | str:
    """Check the arguments; return an exit code or a problem."""
    program, arguments = Path(sys.argv[0]).name, sys.argv[1:]
    if program == "claude":
        print("claude", *arguments)
        return 0
    if program == "cargo" and arguments[0] == "xtask":
        # Parses the arguments and runs nothing.
        return subprocess.run([os.environ["TRILOGUE_XTASK"], *arguments[1:], "--help"], check=False).returncode
    if not arguments or arguments[0] != _INSTALLERS[program]:
        return f"{program} {' '.join(arguments)}: only {program} {_INSTALLERS[program]} has a stand-in"
    packages, before = list[str](), ""
    for argument in arguments[1:]:
        # The value of cargo's option is a list of features.
        if argument[0] != "-" and before != "--features":
            packages.append(argument)
        before = argument
    problems = [problem for name in packages if (problem := _check_package(name, Path(os.environ["TRILOGUE_ROOT"])))]
    return "\n".join(problems) or 0


if __name__ == "__main__":
    sys.exit(main())
