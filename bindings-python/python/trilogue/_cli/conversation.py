"""The conversation of a chat: a `trilogue.Conversation`, and its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from trilogue import Conversation

    from .settings import Settings


class FileError(Exception):
    """A file contains no conversation. The message says what is wrong."""


def begin(settings: Settings) -> Conversation:
    """Return an empty conversation."""
    from trilogue import Conversation

    return Conversation(model=settings.model, system=settings.system, format=settings.wire_format)


def request(conversation: Conversation, settings: Settings) -> dict[str, Any]:
    """Return the arguments of `create` for the next answer, with the current settings."""
    apply_settings(conversation, settings)
    return conversation.request(**settings.parameters())


def apply_settings(conversation: Conversation, settings: Settings) -> None:
    """Apply the current settings to a conversation."""
    if conversation.model != settings.model:
        conversation.model = settings.model
    if conversation.system != settings.system:
        conversation.system = settings.system
    if conversation.format != settings.wire_format:
        conversation.format = settings.wire_format


def save(conversation: Conversation, path: Path) -> None:
    """Write a conversation. Raises OSError."""
    path.write_text(conversation.to_json(indent=2) + "\n", encoding="utf-8")


def load(path: Path) -> Conversation:
    """Read a file that `save` wrote, or a list of messages. Raises OSError and FileError."""
    from trilogue import Conversation, InvalidRequestError

    try:
        return Conversation.from_json(path.read_bytes())
    except (InvalidRequestError, UnicodeDecodeError) as error:
        message = f"{path}: {error}"
        raise FileError(message) from error
