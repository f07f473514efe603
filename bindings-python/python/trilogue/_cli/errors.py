"""Errors as one line for a person.

Law: says what the error says; a server's text is made safe. No key is in an error of this package, and none is added here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .display.safety import clean_line

if TYPE_CHECKING:
    from trilogue import APIError


def line_of(error: APIError) -> str:
    """Return what went wrong, its kind and the request's id, in one line."""
    kind = type(error).__name__
    more = [kind, *([f"request {error.request_id}"] if error.request_id else [])]
    return clean_line(f"{error.message} ({', '.join(more)})")
