"""Renderables of `rich` as rows of text.

Text gets its styles here, so this is the last place to make it safe: apart from the sequences that `rich` writes for styles, the rows contain no
control characters and no hyperlinks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment, Segments

from .safety import clean_for_display
from .screen import Row

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.style import Style


def rows(console: Console, renderable: RenderableType, width: int) -> list[Row]:
    """Return the rows that a renderable takes at a width."""
    options = console.options.update(width=max(1, width), height=None)
    lines = [_safe(line) for line in console.render_lines(renderable, options, pad=False)]
    parts: list[Segment] = []
    for line in lines:
        parts += [*line, Segment.line()]
    with console.capture() as capture:
        console.print(Segments(parts), end="", crop=False, no_wrap=True)
    return [
        Row(text, "".join(part.text for part in line), Segment.get_line_length(line))
        for text, line in zip(capture.get().split("\n"), lines, strict=False)
    ]


def _safe(line: list[Segment]) -> list[Segment]:
    """Remove control characters and trailing spaces from a row."""
    parts = [
        Segment(clean_for_display(part.text).replace("\n", " ").replace("\t", " "), _unlinked(part.style))
        for part in line
        if not part.control
    ]
    while parts and not parts[-1].text.strip():
        parts.pop()
    if parts:
        parts[-1] = Segment(parts[-1].text.rstrip(), parts[-1].style)
    return parts


def _unlinked(style: Style | None) -> Style | None:
    return style.update_link(None) if style is not None and style.link else style
