"""Operations of the core: JSON in, JSON out. `_generated/operations.py` declares their types."""

from __future__ import annotations

from json import dumps, loads
from typing import TYPE_CHECKING, Any

from . import _native

if TYPE_CHECKING:
    from ._native import NativeConversation


def operation(operation: str, /, **given: Any) -> dict[str, Any]:
    """Execute an operation. Raises the core's errors, and TypeError for a value without a JSON form."""
    result: dict[str, Any] = loads(_native.operation(operation, dumps(given, default=to_json)))
    return result


def conversation_operation(conversation: NativeConversation, operation: str, /, **given: Any) -> dict[str, Any]:
    """Execute an operation on a conversation."""
    result: dict[str, Any] = loads(conversation.operation(operation, dumps(given, default=to_json)))
    return result


def to_json(value: Any) -> Any:
    """Return the JSON form of another value in a request: of results of this package, pydantic models, and mappings."""
    for method in ("to_dict", "model_dump"):
        dump = getattr(value, method, None)
        if dump is not None:
            return dump()
    if hasattr(value, "keys"):
        return dict(value)
    message = f"a {type(value).__name__} in a request has no JSON form"
    raise TypeError(message)
