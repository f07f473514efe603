"""Removes control characters from the text of models and servers, for terminals.

Text is cleaned before it is written, and again after Markdown is parsed, whose entities can encode any character. Single characters are removed
and not sequences: the rest of a sequence is harmless text, and pieces of a stream need no shared state.
"""

from __future__ import annotations

import re

# C0, DEL and C1 except newline and tab. Without them no escape sequence can begin.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Bidirectional embeddings, overrides and isolates. They reorder the displayed text: a copied command would differ from the one that was read.
# The marks U+200E, U+200F and U+061C stay: they are part of ordinary text in Arabic and Hebrew, and move no letters.
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Characters of both sets that `json.dumps` doesn't escape.
_UNESCAPED = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """Return the text without control characters; newlines and tabs stay."""
    return _CONTROLS.sub("", text)


def clean_for_display(text: str) -> str:
    """Return the text without control characters and without characters that reorder it."""
    return _REORDERING.sub("", _CONTROLS.sub("", text))


def clean_line(text: str) -> str:
    """Return the text as one line without control characters."""
    return clean_for_display(_SPACES.sub(" ", text)).strip()


def clean_json(text: str) -> str:
    """Return JSON text of the same value with these characters escaped."""
    return _UNESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
