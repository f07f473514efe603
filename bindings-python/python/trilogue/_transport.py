"""Sends requests with a function of the program: the option `transport` of the clients.

The core makes each decision, such as retries and timeouts. This module calls the function and passes its response on, one chunk at a time, when
the core wants one. A synchronous function has a thread for each request, so that it can't block other requests; an asynchronous one runs in the
event loop of its caller. The body is closed in every case.
"""

from __future__ import annotations

import sys
from contextvars import copy_context
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
    from typing import Any, TypeAlias

    from ._native import Exchange

    Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]
    #: Status, headers and body of a response.
    Response: TypeAlias = tuple[int, Headers, Iterable[bytes] | bytes]
    AsyncResponse: TypeAlias = tuple[int, Headers, AsyncIterable[bytes] | Iterable[bytes] | bytes]
    #: A function of the method, the URL, the headers and the body of a request.
    Transport: TypeAlias = Callable[[str, str, dict[str, str], bytes], Response]
    AsyncTransport: TypeAlias = Callable[[str, str, dict[str, str], bytes], Awaitable[AsyncResponse]]

    Request = tuple[str, str, dict[str, str], bytes]

_SHAPE = "(status, headers, body)"
#: Requests that run in event loops, which hold only weak references to their tasks.
_tasks: set[asyncio.Task[None]] = set()


def binder(transport: Any, *, is_async: bool) -> Callable[[], Callable[..., None]]:
    """Return a function that returns, for each call of a client, what starts its requests. Raises ConfigurationError for a wrong transport."""
    if not callable(transport):
        kind = type(transport).__name__
        raise _configuration_error(
            f"transport must be a function of method, URL, headers and body that returns {_SHAPE}, not a {kind}"
        )
    starts_coroutine = _is_coroutine_function(transport)
    if starts_coroutine and not is_async:
        raise _configuration_error(_NEEDS_ASYNC)

    def bind() -> Callable[..., None]:
        context = copy_context()
        if not is_async:
            return partial(_start_thread, context, transport, None)
        from asyncio import get_running_loop

        loop = get_running_loop()
        if starts_coroutine:
            return partial(_start_in_loop, loop, context, transport)
        return partial(_start_thread, context, transport, loop)

    return bind


_NEEDS_ASYNC = "transport is an asynchronous function, which Client can't call: use AsyncClient, or pass a def function"


def _configuration_error(message: str) -> Exception:
    from ._generated.errors import ConfigurationError

    return ConfigurationError(message)


def _is_coroutine_function(function: Any) -> bool:
    from inspect import iscoroutinefunction

    return iscoroutinefunction(function) or iscoroutinefunction(type(function).__call__)


def _start_thread(context: Any, transport: Any, loop: Any, exchange: Exchange, *request: Any) -> None:
    """Start a thread that serves a request."""
    # A copy, since the thread of an earlier try may still run in its context.
    _thread_starter()(context.copy().run, (_serve, transport, loop, exchange, request))


def _thread_starter() -> Callable[..., object]:
    """Return the function that starts a thread of the system, also if gevent or eventlet has replaced it."""
    starter: Callable[..., object]
    gevent: Any = sys.modules.get("gevent.monkey")
    eventlet: Any = sys.modules.get("eventlet.patcher")
    if gevent is not None:
        starter = gevent.get_original("_thread", "start_new_thread")
    elif eventlet is not None:
        starter = eventlet.original("_thread").start_new_thread
    else:
        from _thread import start_new_thread as starter
    return starter


def _serve(transport: Any, loop: asyncio.AbstractEventLoop | None, exchange: Exchange, request: Request) -> None:
    """Call a synchronous function, and pass its response on."""
    try:
        reply = transport(*request)
    except BaseException as error:
        _fail(exchange, error)
        return
    if loop is not None and (hasattr(reply, "__await__") or _has_async_body(reply)):
        # A function that returns a coroutine, or an asynchronous body.
        _start_in_loop(loop, copy_context(), lambda *_: reply, exchange)
        return
    body = None
    try:
        status, headers, body = _read(reply)
        exchange.respond(status, headers)
        chunks = iter(_iterable(body))
    except Exception as error:
        _reject(exchange, error)
        _close(body)
        return
    try:
        _pass_on(chunks, exchange)
    finally:
        _close(chunks)
        if chunks is not body:
            _close(body)


def _pass_on(chunks: Any, exchange: Exchange) -> None:
    while exchange.wait_for_demand():
        try:
            chunk = next(chunks)
        except StopIteration:
            exchange.end()
            return
        except BaseException as error:
            _fail(exchange, error)
            return
        if not _send(exchange, chunk):
            return


def _send(exchange: Exchange, chunk: Any) -> bool:
    """Pass a chunk on. Returns false if it is not one."""
    if not isinstance(chunk, (bytes, bytearray, memoryview)):
        _reject(exchange, TypeError(f"the body of a transport's response must contain bytes, not a {_kind(chunk)}"))
        return False
    if len(chunk):
        exchange.send(chunk if isinstance(chunk, bytes) else bytes(chunk))
    return True


def _start_in_loop(
    loop: asyncio.AbstractEventLoop, context: Any, transport: Any, exchange: Exchange, *request: Any
) -> None:
    """Start a task that serves a request."""

    def start() -> None:
        task = loop.create_task(_serve_async(transport, exchange, request))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)

    loop.call_soon_threadsafe(start, context=context)


async def _serve_async(transport: Any, exchange: Exchange, request: tuple[Any, ...]) -> None:
    """Call an asynchronous function, and pass its response on."""
    from asyncio import CancelledError, current_task

    from ._waiting import _running_loop

    task = current_task()
    waits, loop = _running_loop()
    number, closed = waits.add(loop)
    exchange.watch_close(waits.mailbox, number)

    def cancel(_: object) -> None:
        if task is not None:
            task.cancel()

    closed.add_done_callback(cancel)
    body = chunks = None
    try:
        try:
            reply = transport(*request)
            if hasattr(reply, "__await__"):
                reply = await reply
        except Exception as error:
            _fail(exchange, error)
            return
        try:
            status, headers, body = _read(reply)
            exchange.respond(status, headers)
            chunks = _async_iterator(body)
        except Exception as error:
            _reject(exchange, error)
            return
        await _pass_on_async(chunks, exchange)
    except CancelledError as error:
        if not closed.done():
            # The event loop ends.
            _fail(exchange, error)
    finally:
        closed.remove_done_callback(cancel)
        waits.remove(number)
        await _close_async(chunks)
        if chunks is not body:
            await _close_async(body)


async def _pass_on_async(chunks: Any, exchange: Exchange) -> None:
    while await _wait_for_demand(exchange):
        try:
            chunk = await chunks.__anext__()
        except StopAsyncIteration:
            exchange.end()
            return
        except Exception as error:
            _fail(exchange, error)
            return
        if not _send(exchange, chunk):
            return


async def _wait_for_demand(exchange: Exchange) -> bool:
    """Wait until the core wants a chunk. Returns false if it wants no more."""
    from ._waiting import _running_loop

    while (is_wanted := exchange.is_wanted()) is False:
        waits, loop = _running_loop()
        number, future = waits.add(loop)
        try:
            exchange.watch_demand(waits.mailbox, number)
            await future
        finally:
            waits.remove(number)
    return is_wanted is True


def _read(reply: Any) -> tuple[int, list[tuple[str, str]], Any]:
    """Return the parts of a response. Raises TypeError for another shape."""
    if hasattr(reply, "__await__"):
        if hasattr(reply, "close"):
            reply.close()
        raise _configuration_error(_NEEDS_ASYNC)
    if not isinstance(reply, (tuple, list)) or len(reply) != 3:
        message = f"a transport must return {_SHAPE}, not a {_kind(reply)}"
        raise TypeError(message)
    status, headers, body = reply
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 999:
        message = f"the status of a transport's response must be an int from 100 to 999, not {status!r}"
        raise TypeError(message)
    return int(status), _read_headers(headers), body


def _read_headers(headers: Any) -> list[tuple[str, str]]:
    for method in ("multi_items", "items"):
        if hasattr(headers, method):
            headers = getattr(headers, method)()
    try:
        return [(_text(name).lower(), _text(value)) for name, value in headers or ()]
    except (TypeError, ValueError):
        message = (
            "the headers of a transport's response must be a dict, or pairs of names and values, that are str or bytes"
        )
        raise TypeError(message) from None


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, str):
        return value
    raise TypeError


def _has_async_body(reply: Any) -> bool:
    return isinstance(reply, (tuple, list)) and len(reply) == 3 and _is_async(reply[2])


def _is_async(body: Any) -> bool:
    # A body may be both, such as httpx's; then the one that fits the client is used.
    return hasattr(body, "__aiter__") and not hasattr(body, "__iter__")


def _iterable(body: Any) -> Any:
    """Return the chunks of a body."""
    if body is None:
        return ()
    if isinstance(body, (bytes, bytearray, memoryview)):
        return (body,)
    if _is_async(body):
        message = (
            "the body of the transport's response is an asynchronous iterable: use AsyncClient, or return an iterable"
        )
        raise _configuration_error(message)
    if isinstance(body, str) or not hasattr(body, "__iter__"):
        message = f"the body of a transport's response must be bytes or an iterable of bytes, not a {_kind(body)}"
        raise TypeError(message)
    return body


def _async_iterator(body: Any) -> Any:
    if hasattr(body, "__aiter__"):
        return body.__aiter__()
    return _iterate(_iterable(body))


async def _iterate(chunks: Any) -> Any:
    for chunk in chunks:
        yield chunk


def _kind(value: Any) -> str:
    return f"{type(value).__name__} of {len(value)} items" if isinstance(value, tuple) else type(value).__name__


def _fail(exchange: Exchange, error: BaseException) -> None:
    exchange.fail(f"the transport raised {type(error).__name__}: {error}", error)


def _reject(exchange: Exchange, error: Exception) -> None:
    exchange.reject(str(error), error)


def _close(body: Any) -> None:
    """Close a body or its iterator, if it can be closed."""
    try:
        close = getattr(body, "close", None)
        if close is not None:
            close()
    except Exception:
        _report_close()


async def _close_async(body: Any) -> None:
    try:
        close = getattr(body, "aclose", None) or getattr(body, "close", None)
        closed: Any = None if close is None else close()
        if hasattr(closed, "__await__"):
            await closed
    except Exception:
        _report_close()


def _report_close() -> None:
    """Report an exception of a body that was closed, which has no caller."""
    from logging import getLogger

    getLogger("trilogue").warning("closing the body of a transport's response failed", exc_info=True)
