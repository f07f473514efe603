"""The code blocks of the documents.

Every block of a document has a language. The file of a block begins with as many empty lines as precede the block in its document, so that
compilers and tracebacks report the line numbers of the document.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

#: Folders without documents of the repository.
_SKIPPED = frozenset({".git", "dist", "node_modules", "target"})
#: `docs/frameworks.md` needs the frameworks, which only the check "python frameworks" of the slow tier installs and runs.
EXCLUDED = frozenset({"docs/frameworks.md"})
#: A crate whose documentation has blocks that its own tests only compile (`no_run`).
CRATE = "trilogue/src/lib.rs"
#: Languages that are executed, and the suffixes of their files.
SUFFIXES = {
    "html": ".html",
    "js": ".js",
    "json": ".json",
    "python": ".py",
    "rust": ".rs",
    "sh": ".sh",
    "toml": ".toml",
    "ts": ".ts",
}
#: Languages that are only displayed.
DISPLAYED = frozenset({"mermaid", "text"})

_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>.*)$")


@dataclass(frozen=True)
class Block:
    """A code block of a document."""

    #: Path of the document below the root.
    document: str
    #: Number of the block's first line in the document, from 1.
    line: int
    language: str
    #: Words after the language; `page` is a program for a page.
    flags: frozenset[str]
    text: str
    #: Distinguishes the variants of a block.
    suffix: str = ""

    @property
    def location(self) -> str:
        """Return the document and the line."""
        return f"{self.document}:{self.line}"

    @property
    def name(self) -> str:
        """Return a name that is a module name in every language."""
        return re.sub(r"\W", "_", f"{self.document.removesuffix('.md')}_{self.line}{self.suffix}").lower()

    @property
    def is_page(self) -> bool:
        """Whether a browser runs the block."""
        return self.language == "html" or "page" in self.flags

    def write(self, folder: Path) -> Path:
        """Write the block into a file of its own."""
        path = folder / f"{self.name}{SUFFIXES[self.language]}"
        path.write_text("\n" * (self.line - 1) + self.text)
        return path

    def module(self) -> Block:
        """Return the module script of a page at its line, or the block itself."""
        if self.language != "html":
            return self
        before, _, script = self.text.partition('<script type="module">\n')
        text = script.partition("</script>")[0]
        return replace(self, language="js", line=self.line + before.count("\n") + 1, text=text)

    def locate(self, output: str) -> str:
        """Replace the name of the block's file by the document's in the output of a program."""
        path = re.compile(rf"[^\s\"'(]*\b{re.escape(self.name)}{re.escape(SUFFIXES[self.language])}\b")
        return path.sub(self.document, output)


def parse(document: str, text: str) -> Iterator[Block]:
    """Yield the blocks of a Markdown text."""
    start, info, indent, ticks, lines = 0, "", 0, "", list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if not start:
            if fence:
                start, info, lines = number + 1, fence["info"].strip(), []
                indent, ticks = len(fence["indent"]), fence["ticks"]
        elif fence and not fence["info"] and len(fence["ticks"]) >= len(ticks):
            language, *flags = info.split() or [""]
            yield Block(document, start, language, frozenset(flags), "\n".join(lines) + "\n")
            start = 0
        else:
            lines.append(line[min(indent, len(line) - len(line.lstrip())) :])


def parse_crate(document: str, text: str) -> Iterator[Block]:
    """Yield the `no_run` blocks of a crate's documentation, with their hidden lines."""
    lines = [line.removeprefix("//!").removeprefix(" ") if line.startswith("//!") else "" for line in text.splitlines()]
    for block in parse(document, "\n".join(lines)):
        if block.language == "no_run":
            shown = "".join(f"{line.removeprefix('# ')}\n" for line in block.text.splitlines())
            yield Block(document, block.line, "rust", frozenset(), shown)


def _documents(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(set(folders) - _SKIPPED)
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(".md"))


def collect(root: Path) -> list[Block]:
    """Return the blocks of all documents."""
    documents = {path.relative_to(root).as_posix(): path.read_text() for path in _documents(root)}
    blocks = [block for name, text in documents.items() if name not in EXCLUDED for block in parse(name, text)]
    return [*blocks, *parse_crate(CRATE, (root / CRATE).read_text())]
