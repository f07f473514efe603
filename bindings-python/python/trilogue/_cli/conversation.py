"""A conversation of the terminal: the package's, its file, and what it cost.

Law: what may be said and what is sent the package decides (`trilogue.Conversation`); here are files and the reasons that they can't be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from trilogue import Conversation

    from .settings import Settings


class FileError(Exception):
    """A file holds no conversation; the message says what is wrong."""


def begin(settings: Settings) -> Conversation:
    """Return an empty conversation."""
    from trilogue import Conversation

    return Conversation(model=settings.model, system=settings.system, format=settings.wire_format)


def request(conversation: Conversation, settings: Settings) -> dict[str, Any]:
    """Return the arguments of `create` that let the model answer, as the settings are now."""
    agree(conversation, settings)
    return conversation.request(**settings.parameters())


def agree(conversation: Conversation, settings: Settings) -> None:
    """Change a conversation to what the settings are now."""
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
    """Read a file of `save`, or a list of messages. Raises OSError and FileError."""
    from trilogue import Conversation, InvalidRequestError

    try:
        return Conversation.from_json(path.read_bytes())
    except (InvalidRequestError, UnicodeDecodeError) as error:
        message = f"{path}: {error}"
        raise FileError(message) from error
