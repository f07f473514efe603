"""`with_streaming_response`: results whose body is read as bytes, texts or lines.

The body is written from the result, with its repairs: the events of a stream as server-sent events, another result as JSON. A stream is read as its
body is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._generated.types import ChatCompletionChunk
from .._streaming.events import END_OF_CHUNKS, server_sent_event
from .response import RawResponse, raw_response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from types import TracebackType

T_co = TypeVar("T_co", covariant=True)


class _Streamed(RawResponse[T_co]):
    """Members that both kinds of response share."""

    if TYPE_CHECKING:
        text: Any

    @property
    def _is_stream(self) -> bool:
        return hasattr(self._parsed, "until_done")


class APIResponse(_Streamed[T_co], Generic[T_co]):
    """An open response of a `Client`."""

    def text(self) -> str:  # type: ignore[override]
        """Return the whole body."""
        return "".join(self.iter_text())

    def read(self) -> bytes:
        """Return the whole body."""
        return self.text().encode()

    def iter_lines(self) -> Iterator[str]:
        """Iterate over the lines of the body."""
        for text in self.iter_text():
            yield from _lines(text)

    def iter_text(self, chunk_size: int | None = None) -> Iterator[str]:
        """Iterate over the body's parts: the events of a stream, or the whole."""
        del chunk_size
        if not self._is_stream:
            yield self._serialised()
            return
        stream: Any = self._parsed
        for item in stream:
            yield _event(item)
        yield from _end(stream)

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Iterate over the body's parts."""
        return (text.encode() for text in self.iter_text(chunk_size))

    def close(self) -> None:
        """Close the connection of a stream."""
        if self._is_stream:
            stream: Any = self._parsed
            stream.close()


class AsyncAPIResponse(_Streamed[T_co], Generic[T_co]):
    """An open response of an `AsyncClient`."""

    async def parse(self, *, to: Any = None) -> Any:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the result itself, or the body as an instance of `to`, a class with `model_validate`."""
        return self._parsed if to is None else to.model_validate(await self.json())

    async def json(self) -> Any:
        """Return the body's value. Raises ValueError for a stream."""
        return RawResponse.json(self)

    async def text(self) -> str:  # type: ignore[override]
        """Return the whole body."""
        return "".join([text async for text in self.iter_text()])

    async def read(self) -> bytes:
        """Return the whole body."""
        return (await self.text()).encode()

    async def iter_lines(self) -> AsyncIterator[str]:
        """Iterate over the lines of the body."""
        async for text in self.iter_text():
            for line in _lines(text):
                yield line

    async def iter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        """Iterate over the body's parts: the events of a stream, or the whole."""
        del chunk_size
        if not self._is_stream:
            yield self._serialised()
            return
        stream: Any = self._parsed
        async for item in stream:
            yield _event(item)
        for text in _end(stream):
            yield text

    async def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Iterate over the body's parts."""
        async for text in self.iter_text(chunk_size):
            yield text.encode()

    async def close(self) -> None:
        """Close the connection of a stream."""
        if self._is_stream:
            stream: Any = self._parsed
            await stream.close()


def _lines(text: str) -> list[str]:
    # Only a line feed ends a line. `splitlines` would also cut at characters that JSON texts may contain, such as U+2028.
    return text.removesuffix("\n").split("\n")


def _event(item: Any) -> str:
    """Return an item as a server-sent event."""
    return server_sent_event(None if "choices" in item else item.type, item.raw_json or item.to_json(indent=None))


def _end(stream: Any) -> list[str]:
    """Return the event after the last item of a stream of chunks."""
    return [END_OF_CHUNKS] if stream._kinds[0] is ChatCompletionChunk else []


class ResponseManager:
    """Sends a request at `with` or `async with`, and closes its response after."""

    def __init__(self, send: Callable[[], Any]) -> None:
        self._send = send
        self._response: Any = None

    def __enter__(self) -> APIResponse[Any]:
        self._response = _opened(APIResponse, self._send())
        response: APIResponse[Any] = self._response
        return response

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._response is not None:
            self._response.close()

    async def __aenter__(self) -> AsyncAPIResponse[Any]:
        sent: Awaitable[Any] = self._send()
        self._response = _opened(AsyncAPIResponse, await sent)
        response: AsyncAPIResponse[Any] = self._response
        return response

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._response is not None:
            await self._response.close()


def _opened(kind: type[Any], result: Any) -> Any:
    raw = raw_response(result)
    return kind(result, raw.status_code, raw.headers, raw.retries_taken)


class WithStreamingResponse:
    """The methods of a resource, each returning a manager of its response."""

    def __init__(self, resource: Any) -> None:
        self._resource = resource

    def __getattr__(self, name: str) -> Callable[..., ResponseManager]:
        method = getattr(self._resource, name)
        return lambda *arguments, **request: ResponseManager(lambda: method(*arguments, **request))
