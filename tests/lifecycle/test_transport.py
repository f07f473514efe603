"""A transport of the program replaces the package's connections; retries, time limits and cancellation stay the core's.

Rule: no sockets; the functions answer themselves.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import json
import pickle
import subprocess
import sys
import threading
import time
from typing import Any

import httpx
import pytest
from transports import (
    COMPLETION,
    EVENTS,
    JSON,
    KEY,
    REQUEST,
    STREAM,
    URL,
    AsyncBody,
    Body,
    async_client,
    chunk,
    client,
    fixed,
)

import trilogue


def test_a_function_gets_the_request_and_returns_the_response() -> None:
    seen: list[Any] = []

    def transport(*request: Any) -> Any:
        seen.extend(request)
        return 200, {**JSON, "X-Request-Id": "r1"}, COMPLETION

    answer = client(transport).chat.completions.create(**REQUEST)
    assert answer.choices[0].message.content == "Hello"
    assert answer._request_id == "r1"
    method, url, headers, body = seen
    assert (method, url) == ("POST", f"{URL}/chat/completions")
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["accept-encoding"] == "identity"
    assert headers["user-agent"].startswith("trilogue/")
    assert json.loads(body) == REQUEST


def test_a_get_request_has_no_body() -> None:
    seen: list[Any] = []

    def transport(*request: Any) -> Any:
        seen.extend(request)
        return 200, [("content-type", "application/json")], [b'{"data":', b'[{"id":"m"}]}']

    assert [model.id for model in client(transport).models.list()] == ["m"]
    assert seen[0] == "GET"
    assert seen[3] == b""


@pytest.mark.parametrize("body", [STREAM, b"".join(STREAM), (bytearray(part) for part in STREAM), Body(*STREAM)])
def test_bodies_of_every_kind(body: Any) -> None:
    stream = client(fixed(200, EVENTS, body)).chat.completions.create(**REQUEST, stream=True)
    assert [item.text for item in stream] == ["Hel", "lo"]


@pytest.mark.parametrize("headers", [EVENTS, list(EVENTS.items()), [(b"content-type", b"text/event-stream")], None])
def test_headers_of_every_kind(headers: Any) -> None:
    stream = client(fixed(200, headers, STREAM)).chat.completions.create(**REQUEST, stream=True)
    assert [item.text for item in stream] == ["Hel", "lo"]


def test_an_asynchronous_function_runs_in_the_callers_loop() -> None:
    value = contextvars.ContextVar("value", default="none")

    async def transport(*_: Any) -> Any:
        loops.append(asyncio.get_running_loop())
        assert value.get() == "set"
        await asyncio.sleep(0)
        return 200, EVENTS, AsyncBody(*STREAM)

    async def run() -> list[str]:
        value.set("set")
        loops.append(asyncio.get_running_loop())
        stream = await async_client(transport).chat.completions.create(**REQUEST, stream=True)
        return [item.text async for item in stream]

    loops: list[Any] = []
    assert asyncio.run(run()) == ["Hel", "lo"]
    assert loops[0] is loops[1]


def test_an_asynchronous_client_runs_a_plain_function_in_a_thread() -> None:
    threads: list[int] = []

    def transport(*_: Any) -> Any:
        threads.append(threading.get_ident())
        return 200, EVENTS, Body(*STREAM)

    async def run() -> list[str]:
        stream = await async_client(transport).chat.completions.create(**REQUEST, stream=True)
        return [item.text async for item in stream]

    assert asyncio.run(run()) == ["Hel", "lo"]
    assert threads[0] != threading.get_ident()


def test_a_plain_function_may_return_an_asynchronous_body_or_a_coroutine() -> None:
    async def reply() -> Any:
        return 200, EVENTS, AsyncBody(*STREAM)

    async def run(transport: Any) -> list[str]:
        stream = await async_client(transport).chat.completions.create(**REQUEST, stream=True)
        return [item.text async for item in stream]

    assert asyncio.run(run(lambda *_: (200, EVENTS, AsyncBody(*STREAM)))) == ["Hel", "lo"]
    assert asyncio.run(run(lambda *_: [200, EVENTS, AsyncBody(*STREAM)])) == ["Hel", "lo"]
    assert asyncio.run(run(lambda *_: reply())) == ["Hel", "lo"]


def flaky(*responses: Any) -> tuple[Any, list[int]]:
    """Return a function that returns, or raises, these responses in turn; and the list of its calls."""
    calls: list[int] = []

    def transport(*_: Any) -> Any:
        calls.append(1)
        response = responses[len(calls) - 1]
        if isinstance(response, BaseException):
            raise response
        return response

    return transport, calls


def test_a_status_of_429_is_retried() -> None:
    transport, calls = flaky((429, {"retry-after": "0"}, b"{}"), (200, JSON, COMPLETION))
    assert client(transport).chat.completions.create(**REQUEST).choices[0].message.content == "Hello"
    assert len(calls) == 2


def test_an_exception_is_retried_and_becomes_the_cause() -> None:
    transport, calls = flaky(OSError("first"), (200, JSON, COMPLETION))
    assert client(transport).chat.completions.create(**REQUEST).choices[0].message.content == "Hello"
    assert len(calls) == 2

    last = OSError("no route")
    transport, calls = flaky(OSError("first"), last)
    with pytest.raises(trilogue.APIConnectionError, match="the transport raised OSError: no route") as raised:
        client(transport, max_retries=1).chat.completions.create(**REQUEST)
    assert raised.value.__cause__ is last
    assert raised.value.retries_taken == 1


def test_an_exception_of_an_asynchronous_function_becomes_the_cause() -> None:
    error = OSError("no route")

    async def transport(*_: Any) -> Any:
        raise error

    async def run() -> None:
        await async_client(transport, max_retries=0).chat.completions.create(**REQUEST)

    with pytest.raises(trilogue.APIConnectionError, match="no route") as raised:
        asyncio.run(run())
    assert raised.value.__cause__ is error


def test_a_later_error_has_no_stale_cause() -> None:
    transport, _ = flaky(OSError("first"), (401, JSON, b'{"error":{"message":"wrong key"}}'))
    with pytest.raises(trilogue.AuthenticationError) as raised:
        client(transport).chat.completions.create(**REQUEST)
    assert raised.value.__cause__ is None


def test_a_body_that_raises_leaves_the_partial_answer() -> None:
    def broken() -> bytes:
        raise OSError("reset")

    body = Body(chunk("Hel"), broken)
    stream = client(fixed(200, EVENTS, body)).chat.completions.create(**REQUEST, stream=True)
    with pytest.raises(trilogue.IncompleteStreamError, match="the transport raised OSError: reset") as raised:
        list(stream)
    assert isinstance(raised.value.__cause__, OSError)
    assert isinstance(raised.value.partial, trilogue.types.ChatCompletion)
    assert raised.value.partial.choices[0].message.content == "Hel"
    assert body.is_closed.wait(5)


def test_a_body_that_ends_early_is_incomplete() -> None:
    stream = client(fixed(200, EVENTS, [chunk("Hel")]), require_finish_reason=True).chat.completions.create(
        **REQUEST, stream=True
    )
    with pytest.raises(trilogue.IncompleteStreamError):
        list(stream)


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (None, r"must return \(status, headers, body\), not a NoneType"),
        ({"status": 200}, r"must return \(status, headers, body\), not a dict"),
        ((200, {}), r"must return \(status, headers, body\), not a tuple of 2 items"),
        (("200", {}, b""), "must be an int from 100 to 999, not '200'"),
        ((20, {}, b""), "must be an int from 100 to 999, not 20"),
        ((200, "a: b", b""), "headers of a transport's response must be a dict, or pairs"),
        ((200, {"a": 1}, b""), "headers of a transport's response must be a dict, or pairs"),
        ((200, {}, "text"), "must be bytes or an iterable of bytes, not a str"),
        ((200, {}, 5), "must be bytes or an iterable of bytes, not a int"),
        ((200, {}, ["text"]), "must contain bytes, not a str"),
    ],
)
def test_a_response_of_the_wrong_shape_is_a_type_error(reply: Any, message: str) -> None:
    calls: list[int] = []

    def transport(*_: Any) -> Any:
        calls.append(1)
        return reply

    async def transport_async(*_: Any) -> Any:
        return reply

    async def run() -> None:
        await async_client(transport_async).chat.completions.create(**REQUEST)

    with pytest.raises(TypeError, match=message):
        client(transport).chat.completions.create(**REQUEST)
    assert len(calls) == 1
    with pytest.raises(TypeError, match=message):
        asyncio.run(run())


def test_a_text_in_a_streamed_body_is_a_type_error() -> None:
    stream = client(fixed(200, EVENTS, [chunk("Hel"), "text"])).chat.completions.create(**REQUEST, stream=True)
    with pytest.raises(TypeError, match="must contain bytes, not a str"):
        list(stream)


def test_asynchronous_functions_need_the_asynchronous_client() -> None:
    async def transport(*_: Any) -> Any:
        return 200, JSON, COMPLETION

    class Callable:
        async def __call__(self, *_: Any) -> Any:
            return 200, JSON, COMPLETION

    for wrong in (transport, Callable()):
        with pytest.raises(trilogue.ConfigurationError, match="use AsyncClient, or pass a def function"):
            client(wrong)
    with pytest.raises(trilogue.ConfigurationError, match="use AsyncClient"):
        client(lambda *request: transport(*request)).chat.completions.create(**REQUEST)
    with pytest.raises(trilogue.ConfigurationError, match="asynchronous iterable: use AsyncClient"):
        client(fixed(200, EVENTS, AsyncBody(*STREAM))).chat.completions.create(**REQUEST)


def test_options_without_effect_are_refused() -> None:
    for name, value in (
        ("proxy", "http://p.test"),
        ("ca_bundle", "a.pem"),
        ("client_cert", "a.pem"),
        ("connect_timeout", 1),
    ):
        with pytest.raises(trilogue.ConfigurationError, match=f"{name} has no effect on your transport"):
            client(fixed(200, JSON, COMPLETION), **{name: value})
    with pytest.raises(trilogue.ConfigurationError, match=r"transport must be a function .*, not a MockTransport"):
        client(httpx.MockTransport(lambda _: httpx.Response(200)))


def test_a_slow_function_meets_the_timeout() -> None:
    release = threading.Event()

    def transport(*_: Any) -> Any:
        release.wait(30)
        return 200, JSON, body

    body = Body(COMPLETION)
    started = time.monotonic()
    with pytest.raises(trilogue.APITimeoutError):
        client(transport, timeout=0.2, max_retries=0).chat.completions.create(**REQUEST)
    assert time.monotonic() - started < 5
    release.set()
    # The late response is closed.
    assert body.is_closed.wait(5)


@pytest.mark.parametrize("is_async", [False, True])
def test_a_retry_runs_beside_a_slow_first_try(*, is_async: bool) -> None:
    value = contextvars.ContextVar("value", default="none")
    release = threading.Event()
    seen: list[str] = []

    def transport(*_: Any) -> Any:
        seen.append(value.get())
        if len(seen) == 1:
            release.wait(30)
        return 200, JSON, COMPLETION

    async def run() -> Any:
        return await async_client(transport, timeout=1, max_retries=1).chat.completions.create(**REQUEST)

    value.set("set")
    try:
        if is_async:
            answer = asyncio.run(run())
        else:
            answer = client(transport, timeout=1, max_retries=1).chat.completions.create(**REQUEST)
    finally:
        release.set()
    assert answer.choices[0].message.content == "Hello"
    assert seen == ["set", "set"]


def test_a_silent_body_meets_the_idle_timeout() -> None:
    release = threading.Event()

    def wait() -> bytes:
        release.wait(30)
        return chunk("lo", "stop")

    body = Body(chunk("Hel"), wait)
    stream = client(fixed(200, EVENTS, body), idle_timeout=0.2).chat.completions.create(**REQUEST, stream=True)
    with pytest.raises(trilogue.IdleTimeoutError) as raised:
        list(stream)
    assert raised.value.__cause__ is None
    release.set()
    assert body.is_closed.wait(5)


def test_a_silent_asynchronous_body_meets_the_idle_timeout_and_is_closed() -> None:
    body = AsyncBody(chunk("Hel"), time.sleep)

    async def transport(*_: Any) -> Any:
        return 200, EVENTS, body

    async def run() -> None:
        stream = await async_client(transport, idle_timeout=0.2).chat.completions.create(**REQUEST, stream=True)
        with pytest.raises(trilogue.IdleTimeoutError):
            async for _ in stream:
                pass
        assert await asyncio.to_thread(body.is_closed.wait, 5)

    asyncio.run(run())


def test_closing_a_stream_closes_the_body() -> None:
    body = Body(*[chunk("x")] * 100_000)
    stream = client(fixed(200, EVENTS, body)).chat.completions.create(**REQUEST, stream=True)
    next(iter(stream))
    stream.close()
    assert body.is_closed.wait(5)
    assert body.produced < 100_000


def test_dropping_a_stream_closes_the_body() -> None:
    body = Body(*[chunk("x")] * 100_000)
    stream = client(fixed(200, EVENTS, body)).chat.completions.create(**REQUEST, stream=True)
    next(iter(stream))
    del stream
    gc.collect()
    assert body.is_closed.wait(5)


def test_closing_the_client_ends_calls_and_closes_bodies() -> None:
    body = Body(chunk("Hel"), lambda: time.sleep(0.5) or chunk("lo"), *[chunk("x")] * 10)
    open_client = client(fixed(200, EVENTS, body))
    stream = open_client.chat.completions.create(**REQUEST, stream=True)
    threading.Timer(0.1, open_client.close).start()
    with pytest.raises(trilogue.APIUserAbortError):
        list(stream)
    assert body.is_closed.wait(5)


def test_a_slow_reader_holds_the_body_back() -> None:
    body = Body(*[chunk("x" * 1000)] * 10_000, *STREAM)
    stream = client(fixed(200, EVENTS, body)).chat.completions.create(**REQUEST, stream=True)
    next(iter(stream))
    time.sleep(0.3)
    assert body.produced < 2000
    assert sum(1 for _ in stream) == 10_001


def test_cancelling_a_task_cancels_the_asynchronous_function() -> None:
    cancelled = asyncio.Event()

    async def transport(*_: Any) -> Any:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def run() -> None:
        task = asyncio.create_task(async_client(transport).chat.completions.create(**REQUEST))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(cancelled.wait(), 5)

    asyncio.run(run())


def test_the_body_of_a_complete_stream_is_read_to_its_end() -> None:
    body = Body(*STREAM, b": the connection can be used again\n\n")
    assert [item.text for item in client(fixed(200, EVENTS, body)).chat.completions.create(**REQUEST, stream=True)]
    assert body.is_closed.wait(5)
    assert body.produced == 4


def test_concurrent_calls_do_not_block_each_other() -> None:
    both = threading.Barrier(2, timeout=10)

    def transport(*_: Any) -> Any:
        both.wait()
        return 200, JSON, COMPLETION

    open_client = client(transport)
    threads = [threading.Thread(target=lambda: open_client.chat.completions.create(**REQUEST)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)


def module_transport(*_: Any) -> Any:
    """Answer; a transport that can be pickled."""
    return 200, JSON, COMPLETION


def test_copies_keep_the_transport() -> None:
    for copied in (
        client(module_transport).with_options(max_retries=0),
        pickle.loads(pickle.dumps(client(module_transport))),  # noqa: S301
    ):
        assert copied.chat.completions.create(**REQUEST).choices[0].message.content == "Hello"


PROGRAM = """
import threading, time, trilogue
def transport(*_):
    {wait}
client = trilogue.Client(transport=transport, base_url="https://models.test/v1", api_key="k")
def call():
    client.chat.completions.create(model="m", messages=[{{"role": "user", "content": "Hi"}}])
threading.Thread(target=call, daemon=True).start()
time.sleep(0.2)
print("end")
"""


@pytest.mark.parametrize(
    "wait", ["time.sleep(30)", "return 200, {}, (time.sleep(0.001) or b': ping\\n\\n' for _ in range(10**6))"]
)
def test_a_program_can_end_during_a_request(wait: str) -> None:
    for _ in range(5):
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(wait=wait)], capture_output=True, text=True, timeout=20, check=False
        )
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "end\n", "")
