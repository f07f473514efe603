"""What remains of a client that was closed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._native import NativeClient


class ClosedClient:
    """Replaces the native client of a closed client."""

    def __init__(self, native: NativeClient) -> None:
        spent, limits = native.spent(), native.limits()
        self.base_url = native.base_url
        self.api_key = native.api_key
        #: Reports calls that were made after the close.
        self.record_failure = native.record_failure
        #: The amounts and the limits at the time of the close.
        self.spent = lambda: spent
        self.limits = lambda: limits

    def __getattr__(self, name: str) -> Any:
        message = "the client was closed; `with_options()` creates an open one"
        raise RuntimeError(message)
