"""Descriptions of functions, parameters and fields in docstrings.

Google's, NumPy's and reST's styles are recognised; any other docstring is a description without parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECTIONS = frozenset({"args", "arguments", "parameters", "params", "attributes", "other parameters", "keyword args"})


def read(doc: str | None) -> tuple[str, dict[str, str]]:
    """Return the first paragraph, and the description of each parameter."""
    if not doc:
        return "", {}
    from inspect import cleandoc

    lines = cleandoc(doc).splitlines()
    first: list[str] = []
    for line in lines:
        if not line.strip() or line.startswith((":param", ":return", "@param")):
            break
        first.append(line.strip())
    return " ".join(first), {**_rest_fields(lines), **_sections(lines)}


def _rest_fields(lines: list[str]) -> dict[str, str]:
    """Read `:param type name: text`."""
    described: dict[str, str] = {}
    name = ""
    for line in lines:
        field = line.strip()
        if field.startswith((":param ", ":ivar ", "@param ")):
            head, _, text = field[1:].partition(":")
            name = head.split()[-1]
            described[name] = text.strip()
        elif name and line.startswith(" ") and field:
            described[name] = f"{described[name]} {field}".strip()
        else:
            name = ""
    return described


def _sections(lines: list[str]) -> dict[str, str]:
    """Read the sections that list parameters: `Args:` with indented entries, or an underlined title."""
    described: dict[str, str] = {}
    for number, line in enumerate(lines):
        title = line.strip().rstrip(":").lower()
        if title not in _SECTIONS:
            continue
        rest = lines[number + 1 :]
        if rest and rest[0].strip().startswith("---"):
            described.update(_numpy(rest[1:]))
        elif line.strip().endswith(":"):
            described.update(_google(rest, _indent(line)))
    return described


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _google(lines: list[str], outer: int) -> dict[str, str]:
    """Read entries such as `name (int): text`, with further lines indented deeper."""
    described: dict[str, str] = {}
    name, entry = "", 0
    for line in lines:
        if not line.strip():
            continue
        indent = _indent(line)
        if indent <= outer:
            break
        entry = entry or indent
        head, colon, text = line.strip().partition(":")
        if indent == entry and colon:
            name = head.partition("(")[0].strip().lstrip("*")
            described[name] = text.strip()
        elif name:
            described[name] = f"{described[name]} {line.strip()}".strip()
    return described


def _numpy(lines: list[str]) -> dict[str, str]:
    """Read entries such as `name : int`, with the text in the lines below, indented."""
    described: dict[str, str] = {}
    names: list[str] = []
    for number, line in enumerate(lines):
        below = lines[number + 1].strip() if number + 1 < len(lines) else ""
        if below.startswith("---"):
            break
        if line.strip() and not line.startswith(" "):
            names = [name.strip().lstrip("*") for name in line.partition(":")[0].split(",")]
            described.update(dict.fromkeys(names, ""))
        elif line.strip():
            for name in names:
                described[name] = f"{described[name]} {line.strip()}".strip()
    return described


def of_class(kind: type) -> tuple[str, dict[str, str]]:
    """Return the description of a class, and those of its fields: in its docstring, or in a string below each field."""
    text = kind.__dict__.get("__doc__")
    # The generated docstring of a dataclass or named tuple is a signature.
    if not isinstance(text, str) or text.startswith(f"{kind.__name__}("):
        text = None
    about, fields = read(text)
    return about, {**fields, **dict(_strings_below_fields(kind))}


def _strings_below_fields(kind: type) -> Iterator[tuple[str, str]]:
    """Return the strings below the fields in the source of a class, if there is a source."""
    import ast
    from inspect import cleandoc, getsource
    from itertools import pairwise
    from textwrap import dedent

    try:
        tree = ast.parse(dedent(getsource(kind)))
    except (OSError, TypeError, SyntaxError):
        return
    body: list[Any] = getattr(tree.body[0], "body", []) if tree.body else []
    for field, below in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            yield field.target.id, " ".join(cleandoc(below.value.value).split("\n\n")[0].split())
