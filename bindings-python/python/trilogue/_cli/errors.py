"""Errors as one line of text, without control characters of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .display.safety import clean_line

if TYPE_CHECKING:
    from trilogue import APIError


def line_of(error: APIError) -> str:
    """Return the message of an error, its kind and the request's id, as one line."""
    kind = type(error).__name__
    details = [kind, *([f"request {error.request_id}"] if error.request_id else [])]
    return clean_line(f"{error.message} ({', '.join(details)})")
