"""Markdown that is rendered while it arrives.

Finished blocks are rendered once. Only the last block is rendered repeatedly, and its size is bounded, so that a long answer takes linear time.
HTML, images and link definitions are shown as text: nothing that the model wrote is hidden.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from rich import markdown
from rich.rule import Rule
from rich.style import Style
from rich.syntax import Syntax
from rich.text import Text

from .rows import rows
from .screen import EMPTY, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token
    from rich.console import Console, ConsoleOptions, RenderResult

#: The length at which an unfinished block is split into parts, each of which is rendered once.
LIMIT = 8192
#: The widest row of text that is easy to read.
_WIDEST = 120
_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"]).disable("reference")
_PROSE = ("paragraph_open", "heading_open", "bullet_list_open", "ordered_list_open", "blockquote_open")
_SPACED = ("heading", "fence", "table", "hr")


class _Code(markdown.CodeBlock):
    """Code between its fences, without indentation, so that it can be copied."""

    def __init__(self, info: str, fence: str) -> None:
        super().__init__(info.partition(" ")[0] or "text", "ansi_dark")
        self._info = info
        self._fence = fence
        self.parts = (True, True)

    @classmethod
    def create(cls, markdown: markdown.Markdown, token: Token) -> _Code:  # noqa: ARG003
        """Create an element from its token."""
        code = cls(token.info.strip(), token.markup or "```")
        code.parts = token.meta.get("parts", (True, True))
        return code

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        dim = Style(dim=True)
        head, foot = self.parts
        if head:
            yield Text(f"{self._fence}{self._info}", dim)
        # Without the last newline, which would become a row.
        code = self.text.plain.removesuffix("\n")
        if self.text.plain:
            yield Syntax(code, self.lexer_name, theme=self.theme, word_wrap=True, background_color="default")
        if foot:
            yield Text(self._fence, dim)


class _Heading(markdown.Heading):
    LEVEL_ALIGN: ClassVar[dict[str, Any]] = {}


class _Rule(markdown.HorizontalRule):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Rule(style="dim")


class _Markdown(markdown.Markdown):
    """Parsed Markdown."""

    elements: ClassVar[dict[str, type[markdown.MarkdownElement]]] = {
        **markdown.Markdown.elements,
        "fence": _Code,
        "code_block": _Code,
        "heading_open": _Heading,
        "hr": _Rule,
    }

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__("", hyperlinks=False)
        self.parsed = tokens


class Block(NamedTuple):
    """A block of a document, or an item of one of its lists."""

    tokens: list[Token]
    #: Its start and end, in characters.
    start: int
    end: int
    #: Whether there is an empty row before it.
    is_spaced: bool

    @property
    def kind(self) -> str:
        """The type of its first token."""
        return self.tokens[0].type


def blocks(text: str) -> list[Block]:
    """Split a document into its blocks. Each item of a list is a block."""
    lines = _lines(text)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    tokens = _PARSER.parse(text)
    for token in tokens:
        _show_all(token)
    result: list[Block] = []
    for node in SyntaxTreeNode(tokens).children:
        items = node.children if node.type.endswith("_list") else [node]
        for number, item in enumerate(items):
            first, last = item.map or (0, 0)
            before = lines[first - 1] if first else "text"
            is_spaced = not before.strip() or node.type in _SPACED
            part = item.to_tokens() if item is node else _list_of(node, item, number)
            result.append(Block(part, starts[first], starts[min(last, len(lines))], is_spaced))
    return result


def _list_of(node: SyntaxTreeNode, item: SyntaxTreeNode, number: int) -> list[Token]:
    """Return the tokens of a list with one item of another list, which keeps its number."""
    opening, closing = node.nester_tokens or (None, None)
    if opening is None or closing is None:
        return item.to_tokens()
    if opening.type == "ordered_list_open":
        opening = opening.copy(attrs={"start": int(opening.attrs.get("start", 1)) + number})
    return [opening, *item.to_tokens(), closing]


def _lines(text: str) -> list[str]:
    """Return the lines with their line breaks. `splitlines` recognises more line breaks than Markdown."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _show_all(token: Token) -> None:
    """Keep line breaks, and show images as text."""
    for child in token.children or ():
        if child.type == "softbreak":
            child.type = "hardbreak"
        elif child.type == "image":
            child.type, child.tag = "text", ""
            child.content = f"{child.content} ({child.attrs.get('src', '')})"
            child.children = None


class Flow:
    """Arriving text as rows: finished rows, which are returned once, and rows that may still change."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._text = ""
        self._new: list[str] = []
        self._width = 0
        #: The rows of the unfinished text that were already returned, without styles.
        self._returned: list[str] = []
        self._ended = False

    def feed(self, text: str) -> None:
        """Add text."""
        self._new.append(text)

    def take(self, columns: int, room: int) -> tuple[list[Row], list[Row]]:
        """Return the rows that have been finished since the last call, and at most `room` unfinished ones."""
        self._text += "".join(self._new)
        self._new.clear()
        self._width = min(columns - 1, _WIDEST)
        finished: list[Row] = []
        self._settle(finished)
        if not self._text.strip():
            return finished, []
        live = self._open_rows()
        known = self._known(live)
        # Rows that don't fit the screen are returned as finished, unless later text changes earlier rows.
        over = max(known, len(live) - room) if self._is_steady else known
        self._returned = [row.plain for row in live[:over]]
        return [*finished, *live[known:over]], live[over:][-room:]

    def finish(self, columns: int) -> list[Row]:
        """Return all rows that were not returned yet."""
        self._ended = True
        finished, live = self.take(columns, 1 << 30)
        return [*finished, *live]

    def _known(self, rows: Sequence[Row]) -> int:
        """Return how many of these rows were already returned. Rows that have changed since are shown again, so that none is lost."""
        same = 0
        for row, returned in zip(rows, self._returned, strict=False):
            if row.plain != returned:
                break
            same += 1
        return same

    def _add(self, finished: list[Row], rows: Sequence[Row]) -> None:
        """Add the rows that were not returned yet to the finished ones."""
        known = self._known(rows)
        finished += rows[known:]
        self._returned = self._returned[known:] if known == len(rows) else []

    @property
    def _is_steady(self) -> bool:
        """Whether more text doesn't change the rows so far."""
        return True

    def _settle(self, finished: list[Row]) -> None:
        """Convert the finished part of the text to rows."""
        raise NotImplementedError

    def _open_rows(self) -> list[Row]:
        """Return the rows of the unfinished text."""
        raise NotImplementedError


class MarkdownFlow(Flow):
    """An answer."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._started = False
        #: Whether there is an empty row before the first block of the text.
        self._is_spaced = False
        #: Whether the text continues a fence whose first part was returned.
        self._within = False
        #: The kind of the unfinished block.
        self._kind = ""

    def _settle(self, finished: list[Row]) -> None:
        while True:
            window = self._text[:LIMIT]
            is_cut = len(self._text) > len(window)
            found = blocks(window)
            if len(found) > 1:
                for block, after in pairwise(found):
                    self._add(finished, self._rows(block, window, is_closed=True))
                    self._started, self._within, self._is_spaced = True, False, after.is_spaced
                self._text = self._text[found[-1].start :]
            elif not is_cut:
                return
            elif found:
                self._cut(finished, found[0], window)
            else:
                self._text = self._text[len(window) :]

    def _cut(self, finished: list[Row], block: Block, window: str) -> None:
        """Return a part of a block that is too long to be rendered repeatedly."""
        head = _lines(window[block.start :])
        carry = "".join(head[: {"fence": 1, "table_open": 2}.get(block.kind, 0)])
        if len(carry) > LIMIT // 16:
            carry = ""
        end = window.rfind("\n") + 1
        if block.kind == "fence":
            # Code is split at empty lines, since the parts are highlighted separately.
            end = window.rfind("\n\n", LIMIT // 2) + 1 or end
        elif block.kind != "table_open":
            end = max(end, window.rfind(" ") + 1)
        if end <= max(block.start + len(carry), LIMIT // 4):
            end = len(window)
        part = window[:end]
        self._add(finished, [row for piece in blocks(part) for row in self._rows(piece, part, is_closed=False)])
        self._started, self._within, self._is_spaced = True, block.kind == "fence" and bool(carry), False
        self._text = carry + self._text[end:]

    def _open_rows(self) -> list[Row]:
        found = blocks(self._text)
        if not found:
            return []
        self._kind = found[-1].kind
        source = self._text[: found[-1].end].rstrip()
        closers = _closers(source) if found[-1].kind in _PROSE and not self._ended else ""
        if closers:
            source += closers
            found = blocks(source)
        return self._rows(found[-1], self._text, is_closed=False)

    @property
    def _is_steady(self) -> bool:
        return self._kind != "table_open"

    def _rows(self, block: Block, source: str, *, is_closed: bool) -> list[Row]:
        first = block.tokens[0]
        if first.type == "fence":
            is_closed = is_closed or _is_closed(first, source[block.start : block.end])
            first.meta["parts"] = (not self._within, is_closed)
        result = rows(self._console, _Markdown(block.tokens), self._width)
        while result and result[-1] == EMPTY:
            result.pop()
        while result and result[0] == EMPTY:
            result.pop(0)
        if self._started and self._is_spaced:
            result.insert(0, EMPTY)
        return result


def _is_closed(fence: Token, source: str) -> bool:
    lines = source.strip().split("\n")
    return len(lines) > 1 and lines[-1].strip().startswith(fence.markup)


def _closers(text: str) -> str:
    """Return the marks that close those of the last line, so that unfinished marks are not shown."""
    line = re.sub(r"`[^`]*`", "", text.rstrip("\n").rsplit("\n", 1)[-1])
    if "`" in line:
        return "`"
    if line.count("**") % 2 and not line.endswith("*"):
        return "**"
    return ""


class ReasoningFlow(Flow):
    """The model's reasoning, dimmed, line by line."""

    def __init__(self, console: Console, bar: str) -> None:
        super().__init__(console)
        self._bar = bar

    def _settle(self, finished: list[Row]) -> None:
        while True:
            end = self._text.find("\n") + 1
            if not end and len(self._text) > LIMIT:
                end = self._text.rfind(" ", 0, LIMIT) + 1 or LIMIT
            if not end or not self._text[end:].strip():
                return
            self._add(finished, self._lines(self._text[:end]))
            self._text = self._text[end:]

    def _open_rows(self) -> list[Row]:
        return self._lines(self._text.rstrip())

    def _lines(self, text: str) -> list[Row]:
        bar = rows(self._console, Text(self._bar, Style(dim=True)), 8)[0]
        inner = rows(self._console, Text(text.removesuffix("\n"), Style(dim=True, italic=True)), self._width - 2)
        return [Row(f"{bar.text} {row.text}", f"{bar.plain} {row.plain}", row.width + 2) for row in inner]
