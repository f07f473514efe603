"""Responses of results and errors: status, headers, body. They hold no connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

T_co = TypeVar("T_co", covariant=True)
K = TypeVar("K")


class Headers(dict[str, str]):
    """Headers of a response: a dict whose keys are case-insensitive, and stored in lower case."""

    def __init__(self, headers: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        super().__init__((name.lower(), value) for name, value in dict(headers).items())

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    if not TYPE_CHECKING:

        def get(self, key: str, default: Any = None, /) -> Any:
            """Return a header, or `default` if there is none."""
            return super().get(key.lower(), default)

    @property
    def request_id(self) -> str | None:
        """The provider's id of the request."""
        return request_id_of(self)


def request_id_of(headers: Mapping[str, str]) -> str | None:
    """Return the provider's id of a request from the headers of its response."""
    from .._generated.constants import REQUEST_ID_HEADERS

    return next((headers[name] for name in REQUEST_ID_HEADERS if headers.get(name)), None)


class Response:
    """A response of a server."""

    def __init__(self, status_code: int, headers: Headers, body: Any = None) -> None:
        #: HTTP status.
        self.status_code = status_code
        #: Headers.
        self.headers = headers
        self._body = body

    @property
    def request_id(self) -> str | None:
        """The provider's id of the request."""
        return self.headers.request_id

    def json(self) -> Any:
        """Return the body's value. Raises ValueError if the body is not JSON."""
        if isinstance(self._body, (str, type(None))):
            message = "the response is not JSON"
            raise ValueError(message)
        return self._body

    @property
    def text(self) -> str:
        """The body: serialised JSON, or the beginning of a text."""
        if isinstance(self._body, str):
            return self._body
        from json import dumps

        return "" if self._body is None else dumps(self._body, ensure_ascii=False)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status_code}>"


class RawResponse(Response, Generic[T_co]):
    """A result with the status and headers of its response."""

    def __init__(self, parsed: T_co, status_code: int, headers: Headers, retries_taken: int) -> None:
        super().__init__(status_code, headers)
        self._parsed = parsed
        #: How often the request was sent again.
        self.retries_taken = retries_taken

    @overload
    def parse(self, *, to: None = None) -> T_co: ...

    @overload
    def parse(self, *, to: type[K]) -> K: ...

    def parse(self, *, to: Any = None) -> Any:
        """Return the result itself, or the body as an instance of `to`, a class with `model_validate`."""
        return self._parsed if to is None else to.model_validate(self.json())

    @property
    def content(self) -> bytes:
        """The body as bytes of serialised JSON. Raises ValueError for a stream."""
        return self._serialised().encode()

    @property
    def http_response(self) -> Response:
        """The response itself: `status_code`, `headers`, `json()`, `text`."""
        return self

    def json(self) -> Any:
        """Return the body's value, with the same repairs as the result. Raises ValueError for a stream."""
        result: Any = self._parsed
        self._body = result.to_dict() if hasattr(result, "to_dict") else None
        return super().json()

    @property
    def text(self) -> str:
        """The body as serialised JSON. Raises ValueError for a stream."""
        return self._serialised()

    def _serialised(self) -> str:
        from json import dumps

        # The class is named because subclasses may have a `json` that is awaited.
        return dumps(RawResponse.json(self), ensure_ascii=False)


class WithRawResponse:
    """The methods of a resource, each returning a `RawResponse`: its `parse()` is the result."""

    def __init__(self, resource: Any) -> None:
        self._resource = resource

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._resource, name)

        def raw(*arguments: Any, **request: Any) -> Any:
            outcome = method(*arguments, **request)
            return _raw_async(outcome) if hasattr(outcome, "__await__") else raw_response(outcome)

        return raw


async def _raw_async(outcome: Awaitable[Any]) -> RawResponse[Any]:
    return raw_response(await outcome)


def raw_response(outcome: Any) -> RawResponse[Any]:
    if hasattr(outcome, "status_code"):
        return RawResponse(outcome, outcome.status_code, Headers(outcome.headers), outcome.retries_taken)
    status, headers, retries_taken = outcome.__dict__["_response"]
    return RawResponse(outcome, status, Headers(headers), retries_taken)
