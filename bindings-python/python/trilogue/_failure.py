"""What every error of this package carries.

Law: plain attributes; the core fills them in.
"""

from __future__ import annotations

from typing import Any

from .types import ChatCompletion, Message


class Failure(Exception):  # noqa: N818  (the errors derived from it end in Error)
    """An error with what is known of it."""

    #: What happened and what to do next.
    message: str
    #: HTTP status of the answer, where there was one; 200 for an error inside a stream.
    status_code: int | None
    #: `code`, `param` and `type` of the provider's error.
    code: str | None
    param: str | None
    type: str | None
    #: Id of the request at the provider.
    request_id: str | None
    #: Whether the same request may succeed later.
    retryable: bool
    #: How often the request was sent again.
    retries_taken: int
    #: How long the server asked to wait, in seconds.
    retry_after: float | None
    #: The answer's body: JSON, or text.
    body: Any
    #: What the stream had delivered before the error.
    partial: ChatCompletion | Message | None
    #: Of an answer that doesn't fit its type: each place, as a JSON pointer, and what is wrong there.
    errors: list[tuple[str, str]]
    #: The usage of each try, where a model may be asked several times; of runs of tools, of each step.
    tries: list[Any]

    def __init__(self, message: str, parts: dict[str, Any] | None = None) -> None:
        parts = parts or {}
        super().__init__(message)
        self.message = message
        self.status_code = parts.get("status")
        self.code = parts.get("code")
        self.param = parts.get("param")
        self.type = parts.get("type")
        self.request_id = parts.get("request_id")
        self.retryable = bool(parts.get("retryable", False))
        self.retries_taken = parts.get("retries_taken", 0)
        self.retry_after = parts.get("retry_after")
        self.body = parts.get("body")
        partial = parts.get("partial")
        self.partial = None if partial is None else _result(partial)
        self.errors = parts.get("errors", [])
        self.tries = parts.get("tries", [])
        self._parts = parts

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self._parts)


def _result(data: dict[str, Any]) -> ChatCompletion | Message:
    return Message(data) if data.get("type") == "message" else ChatCompletion(data)
