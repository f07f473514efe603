"""What every error of this package carries.

Law: plain attributes; the core fills them in.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._generated.types import ChatCompletion, Message
    from .response import Response


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
        self._headers = parts.get("headers") or []

    @property
    def response(self) -> Response | None:
        """The answer: `status_code`, `headers`, `request_id`, `json()`, `text`; `None` where there was none."""
        if self.status_code is None:
            return None
        from .response import Headers, Response

        return Response(self.status_code, Headers(self._headers), self.body)

    @property
    def completion(self) -> Any:
        """The same as `partial`, as the official client calls it."""
        return self.partial

    def __reduce__(self) -> tuple[Any, ...]:
        # All parts are attributes, and some are set later.
        return type(self), (self.message,), dict(self.__dict__)


def _result(data: dict[str, Any]) -> ChatCompletion | Message:
    from .._generated.types import ChatCompletion, Message

    return Message(data) if data.get("type") == "message" else ChatCompletion(data)
