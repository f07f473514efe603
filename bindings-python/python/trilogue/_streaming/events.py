"""Writes server-sent events, for programs that read a stream as bytes."""

from __future__ import annotations

#: The event after the last chunk of a chat completion.
END_OF_CHUNKS = "data: [DONE]\n\n"


def server_sent_event(kind: str | None, data: str) -> str:
    """Return an event; `kind` is `None` for a chunk of a chat completion."""
    name = "" if kind is None else f"event: {kind}\n"
    return f"{name}data: {data}\n\n"
