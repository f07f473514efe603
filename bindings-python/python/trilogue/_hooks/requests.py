"""What hooks see: a request before it is sent, and its response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import TypeAlias

    from .._generated.errors import APIError
    from .._objects.response import Headers

    #: What `on_request` may return: a body that replaces the request's, the request itself, or nothing.
    Replacement: TypeAlias = "Mapping[str, Any] | HookRequest | None"
    #: The functions; those of an `AsyncClient` may be asynchronous.
    RequestHook: TypeAlias = "Callable[[HookRequest], Replacement | Awaitable[Replacement]]"
    ResponseHook: TypeAlias = "Callable[[HookResponse], object]"
    EventHook: TypeAlias = Callable[[Any], object]


class HookRequest:
    """A request before it is sent. Its fields are copies: a change reaches the request, and nothing of the program's."""

    def __init__(self, endpoint: str, *, stream: bool) -> None:
        self._endpoint = endpoint
        self._stream = stream
        #: The body as it will be sent: dicts, lists and plain values. For models, the query.
        self.body: dict[str, Any] = {}
        #: The fields of `extra_body`, which are sent without a check.
        self.extra_body: dict[str, Any] = {}
        #: The headers of this request besides the client's. The key is not among them. `None` removes a header of the client.
        self.headers: dict[str, Any] = {}
        #: The function for the items of this stream; at first the client's `on_event`.
        self.on_event: EventHook | None = None

    @property
    def endpoint(self) -> str:
        """`chat`, `messages`, `count_tokens`, `models` or `models/ID`."""
        return self._endpoint

    @property
    def stream(self) -> bool:
        """Whether the answer is streamed."""
        return self._stream

    @property
    def model(self) -> Any:
        """The model: the field of the body."""
        return self.body.get("model")

    @model.setter
    def model(self, model: str) -> None:
        self.body["model"] = model

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.endpoint}, model {self.model}>"


class HookResponse:
    """A response: of a successful call, or of one that failed with a status."""

    def __init__(
        self,
        request: HookRequest,
        elapsed: float,
        status_code: int,
        headers: Headers,
        retries_taken: int,
        error: APIError | None = None,
    ) -> None:
        #: The request, as `on_request` left it.
        self.request = request
        #: The time since `on_request`, in seconds: waits for rate limits and retries included.
        self.elapsed = elapsed
        #: HTTP status.
        self.status_code = status_code
        #: Headers, whose names are case-insensitive.
        self.headers = headers
        #: How often the request was sent again.
        self.retries_taken = retries_taken
        #: The error of the call; `None` if it succeeded.
        self.error = error

    @property
    def endpoint(self) -> str:
        """The endpoint of the request."""
        return self.request.endpoint

    @property
    def request_id(self) -> str | None:
        """The provider's id of the request."""
        return self.headers.request_id

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status_code} of {self.endpoint}>"
