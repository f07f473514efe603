"""Makes the text of models and servers safe for a terminal.

Such text passes through here before it is written, and again after Markdown was parsed, whose entities can spell any character.
Characters are removed, never sequences: the rest of a sequence is harmless text, and no state is kept between two pieces of a stream.
"""

from __future__ import annotations

import re

# C0, DEL and C1, but for newline and tab. Without these no terminal sees the beginning of a sequence.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Bidirectional embeddings, overrides and isolates. They reorder a line for the eye: a command that is copied would be another one than was
# read. The marks U+200E, U+200F and U+061C stay: they belong to ordinary text in Arabic and Hebrew, and no letter moves for them.
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Those of both that `json.dumps` leaves as they are.
_UNESCAPED = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"\s+")


def clean(text: str) -> str:
    """Return the text without control characters; newlines and tabs stay."""
    return _CONTROLS.sub("", text)


def clean_for_eyes(text: str) -> str:
    """Return the text without control characters, and without those that reorder what is read."""
    return _REORDERING.sub("", _CONTROLS.sub("", text))


def clean_line(text: str) -> str:
    """Return the text as one line that is safe to print."""
    return clean_for_eyes(_SPACES.sub(" ", text)).strip()


def clean_json(text: str) -> str:
    """Return JSON text of the same value in which all of these characters are escaped."""
    return _UNESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
