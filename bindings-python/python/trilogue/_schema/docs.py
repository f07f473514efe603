"""What docstrings say of a function, of its parameters, and of a class's fields.

Law: reads texts and imports nothing until it is called. A docstring of another style is a description and nothing more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECTIONS = frozenset({"args", "arguments", "parameters", "params", "attributes", "other parameters", "keyword args"})


def read(doc: str | None) -> tuple[str, dict[str, str]]:
    """Return the first paragraph, and what is said of each parameter: in Google's, NumPy's or reST's style."""
    if not doc:
        return "", {}
    from inspect import cleandoc

    lines = cleandoc(doc).splitlines()
    first: list[str] = []
    for line in lines:
        if not line.strip() or line.startswith((":param", ":return", "@param")):
            break
        first.append(line.strip())
    return " ".join(first), {**_rest(lines), **_sections(lines)}


def _rest(lines: list[str]) -> dict[str, str]:
    """Read `:param type name: text`."""
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        field = line.strip()
        if field.startswith((":param ", ":ivar ", "@param ")):
            head, _, text = field[1:].partition(":")
            name = head.split()[-1]
            found[name] = text.strip()
        elif name and line.startswith(" ") and field:
            found[name] = f"{found[name]} {field}".strip()
        else:
            name = ""
    return found


def _sections(lines: list[str]) -> dict[str, str]:
    """Read the sections that list parameters: `Args:` with indented entries, or a title that is underlined."""
    found: dict[str, str] = {}
    for place, line in enumerate(lines):
        title = line.strip().rstrip(":").lower()
        if title not in _SECTIONS:
            continue
        rest = lines[place + 1 :]
        if rest and rest[0].strip().startswith("---"):
            found.update(_numpy(rest[1:]))
        elif line.strip().endswith(":"):
            found.update(_google(rest, _indent(line)))
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _google(lines: list[str], outer: int) -> dict[str, str]:
    """Read entries such as `name (int): text`, with further lines indented deeper."""
    found: dict[str, str] = {}
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
            found[name] = text.strip()
        elif name:
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found


def _numpy(lines: list[str]) -> dict[str, str]:
    """Read entries such as `name : int`, with the text in the lines below, indented."""
    found: dict[str, str] = {}
    names: list[str] = []
    for place, line in enumerate(lines):
        below = lines[place + 1].strip() if place + 1 < len(lines) else ""
        if below.startswith("---"):
            break
        if line.strip() and not line.startswith(" "):
            names = [name.strip().lstrip("*") for name in line.partition(":")[0].split(",")]
            found.update(dict.fromkeys(names, ""))
        elif line.strip():
            for name in names:
                found[name] = f"{found[name]} {line.strip()}".strip()
    return found


def of_class(kind: type) -> tuple[str, dict[str, str]]:
    """Return what a class's own docstring says of it, and what is said of its fields: there, or in a text below each field."""
    text = kind.__dict__.get("__doc__")
    # What dataclasses and named tuples write themselves is a signature.
    if not isinstance(text, str) or text.startswith(f"{kind.__name__}("):
        text = None
    about, fields = read(text)
    return about, {**fields, **dict(_below(kind))}


def _below(kind: type) -> Iterator[tuple[str, str]]:
    """Find the texts that stand below the fields in the class's source, where there is a source."""
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
