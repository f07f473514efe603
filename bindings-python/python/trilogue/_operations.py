"""Operations of the core on requests and replies. They take and return JSON."""

from __future__ import annotations

from json import dumps, loads
from typing import Any

from . import _native


def operation(name: str, /, **arguments: Any) -> dict[str, Any]:
    """Call an operation of the core. Raises the core's errors, and TypeError for a value without a JSON form."""
    result: dict[str, Any] = loads(_native.assist(name, dumps(arguments, default=to_json)))
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
