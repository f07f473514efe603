"""The base class of errors, with the fields that the core sets."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._generated.types import Attempt, ChatCompletion, Message
    from .response import Response


class Failure(Exception):  # noqa: N818  (the errors derived from it end in Error)
    """An error of this package."""

    #: The problem, and how to solve it.
    message: str
    #: HTTP status of the response, if there was one; 200 for an error inside a stream.
    status_code: int | None
    #: `code`, `param` and `type` of the provider's error.
    code: str | None
    param: str | None
    type: str | None
    #: The provider's id of the request.
    request_id: str | None
    #: Whether the same request may succeed later.
    retryable: bool
    #: How often the request was sent again.
    retries_taken: int
    #: The wait that the server requested, in seconds.
    retry_after: float | None
    #: The response's body: JSON, or text. The members of an object's `error` are also members of the body.
    body: Any
    #: The answer before the error.
    partial: ChatCompletion | Message | None
    #: The attempts of the call, if something was sent.
    attempts: list[Attempt]
    #: The problems of an answer that doesn't fit its type: a JSON pointer and a description each.
    errors: list[tuple[str, str]]
    #: The usage of each try of a typed answer, or of each step of a tool run.
    tries: list[Any]

    def __init__(
        self, message: str, fields: dict[str, Any] | None = None, *, response: Any = None, body: Any = None
    ) -> None:
        """Create an error from the fields that the core sets; or as the official clients do, from a response with `status_code` and `headers`."""
        fields = fields or {}
        if response is not None:
            fields = {"status": response.status_code, "headers": list(response.headers.items()), **fields}
        if body is not None:
            fields = {"body": body, **_error_fields(body), **fields}
        super().__init__(message)
        self.message = message
        self.status_code = fields.get("status")
        self.code = fields.get("code")
        self.param = fields.get("param")
        self.type = fields.get("type")
        self.request_id = fields.get("request_id")
        self.retryable = bool(fields.get("retryable", False))
        self.retries_taken = fields.get("retries_taken", 0)
        self.retry_after = fields.get("retry_after")
        body = fields.get("body")
        self.body = ErrorBody(body) if type(body) is dict else body
        partial = fields.get("partial")
        self.partial = None if partial is None else _result(partial)
        self.attempts = _attempts(fields.get("attempts") or [])
        self.errors = [(problem["path"], problem["message"]) for problem in fields.get("problems", [])]
        self.tries = []
        self._headers = fields.get("headers") or []

    @property
    def response(self) -> Response | None:
        """The response: `status_code`, `headers`, `request_id`, `json()`, `text`; `None` if there was none."""
        if self.status_code is None:
            return None
        from .response import Headers, Response

        return Response(self.status_code, Headers(self._headers), self.body)

    @property
    def completion(self) -> Any:
        """`partial` under the name of the official client."""
        return self.partial

    def __reduce__(self) -> tuple[Any, ...]:
        # All fields are attributes, and some are set later.
        return type(self), (self.message,), dict(self.__dict__)


def _error_fields(body: Any) -> dict[str, Any]:
    """Return `code`, `param` and `type` of an error's body."""
    error = body.get("error", body) if isinstance(body, dict) else None
    return {name: error.get(name) for name in ("code", "param", "type")} if isinstance(error, dict) else {}


class ErrorBody(dict["str", "Any"]):
    """The body of an error: a dict in which the members of its `error` are found too, as in the `body` of openai's errors."""

    def _error(self) -> dict[str, Any]:
        error = super().get("error")
        return error if isinstance(error, dict) else {}

    def __missing__(self, name: str) -> Any:
        return self._error()[name]

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self._error()

    if not TYPE_CHECKING:

        def get(self, key: str, default: Any = None, /) -> Any:
            """Return a member of the body or of its `error`, or `default` if there is none."""
            try:
                return self[key]
            except KeyError:
                return default


def _attempts(items: list[dict[str, Any]]) -> list[Attempt]:
    if not items:
        return []
    from .._generated.types import Attempt

    return [Attempt(item) for item in items]


def _result(data: dict[str, Any]) -> ChatCompletion | Message:
    from .._generated.types import ChatCompletion, Message

    return Message(data) if data.get("type") == "message" else ChatCompletion(data)
