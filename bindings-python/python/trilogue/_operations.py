"""The core's operations on requests and replies.

Law: JSON text in, JSON text out; what they do is the core's matter.
"""

from __future__ import annotations

from json import dumps, loads
from typing import Any

from . import _native


def assist(operation: str, **given: Any) -> dict[str, Any]:
    """Call one of the core's operations. Raises the core's errors, and TypeError for what JSON has no form for."""
    answer: dict[str, Any] = loads(_native.assist(operation, dumps(given, default=_plain)))
    return answer


def _plain(value: Any) -> Any:
    """Return what a request may hold besides plain values: results of this package, pydantic models, mappings and iterables."""
    for method in ("to_dict", "model_dump"):
        make = getattr(value, method, None)
        if make is not None:
            return make()
    if hasattr(value, "keys"):
        return dict(value)
    message = f"{type(value).__name__} in a request has no form in JSON"
    raise TypeError(message)
