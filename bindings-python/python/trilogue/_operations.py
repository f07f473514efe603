"""Operations of the core. `_generated/operations.py` declares their types."""

from __future__ import annotations

from json import loads
from typing import TYPE_CHECKING, Any

from . import _native

if TYPE_CHECKING:
    from ._native import NativeConversation


def operation(operation: str, /, **members: Any) -> dict[str, Any]:
    """Execute an operation. Raises the core's errors, and TypeError for a value without a JSON form."""
    result: dict[str, Any] = loads(_native.operation(operation, members))
    return result


def conversation_operation(conversation: NativeConversation, operation: str, /, **members: Any) -> dict[str, Any]:
    """Execute an operation on a conversation. Raises as `operation` does."""
    result: dict[str, Any] = loads(conversation.operation(operation, members))
    return result
