"""Stands in for a program that a document's commands call and that a test must not run: checks the arguments.

Its name is the program that it stands in for. Packages that are installed must be this repository's, with extras that exist, or ones that
the documents' programs use.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import tomllib

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


def _check_build(arguments: list[str], root: Path) -> str | None:
    manifest = tomllib.loads((root / "Cargo.toml").read_text())
    profile = arguments[arguments.index("--profile") + 1]
    return None if profile in manifest["profile"] else f"there is no profile {profile}"


def _check_install(program: str, arguments: list[str], root: Path) -> str | None:
    if not arguments or arguments[0] != _INSTALLERS.get(program):
        return f"there is no stand-in for {program} {' '.join(arguments)}"
    packages, before = list[str](), ""
    for argument in arguments[1:]:
        # The value of cargo's option is a list of features.
        if argument[0] != "-" and before != "--features":
            packages.append(argument)
        before = argument
    return "\n".join(problem for name in packages if (problem := _check_package(name, root))) or None


def main() -> int | str | None:
    """Check the arguments; return an exit code or a problem."""
    program, arguments, root = Path(sys.argv[0]).name, sys.argv[1:], Path(os.environ["TRILOGUE_ROOT"])
    match program, arguments:
        case (("claude" | "wasm-bindgen"), _):
            print(program, *arguments)
            return None
        case "python3", ["-m", "http.server"]:
            return None
        case "cargo", ["xtask", *rest]:
            # Parses the arguments and runs nothing.
            return subprocess.run([os.environ["TRILOGUE_XTASK"], *rest, "--help"], check=False).returncode
        case "cargo", ["build", *rest]:
            return _check_build(rest, root)
        case _:
            return _check_install(program, arguments, root)


if __name__ == "__main__":
    sys.exit(main())
