"""Hooks of a client: what they see and change, and how their exceptions and cancelled waits end a call.

The tests use the installed package and scripted servers. No assertion depends on a duration.
"""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import COMPLETION, PYTHON, Server, environment

import trilogue
from scripted import Scripts
from trilogue import AsyncClient, Client, Conversation, HookRequest, HookResponse, tool

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
ASK_MESSAGE: dict[str, Any] = {**ASK, "max_tokens": 9}
TEXTS = ['{"c', '":', " [1,", " 2]}"]
SCHEMA = {"type": "object", "properties": {"c": {"type": "array", "items": {"type": "integer"}}}}
Reply = dict[str, Any]


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripts]:
    monkeypatch.delenv("MODELSLAB_API_KEY", raising=False)
    running = Scripts(tmp_path)
    yield running
    running.end()


def chunks(*deltas: Any, reason: str = "stop", end: str | None = None) -> Reply:
    """Return a streamed chat completion; with `end="stall"` one that stays open."""
    shared = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    values = [{"content": delta} if isinstance(delta, str) else delta for delta in deltas]
    items = [{**shared, "choices": [{"index": 0, "delta": value, "finish_reason": None}]} for value in values]
    frames = [f"data: {json.dumps(item)}\n\n" for item in items]
    if end is not None:
        return {"headers": {"x-request-id": "req_1"}, "body": frames, "end": end}
    last = {**shared, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    body = [*frames, f"data: {json.dumps(last)}\n\n", "data: [DONE]\n\n"]
    return {"headers": {"x-request-id": "req_1"}, "body": body}


def events(*texts: str) -> Reply:
    """Return a streamed message."""
    message = {"id": "msg", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None}
    items = [
        {"type": "message_start", "message": {**message, "usage": {"input_tokens": 1, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}} for text in texts),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]
    return {"body": [f"event: {item['type']}\ndata: {json.dumps(item)}\n\n" for item in items]}


def whole(**more: Any) -> Reply:
    """Return a whole chat completion."""
    headers = {"content-type": "application/json", "x-request-id": "req_2"}
    return {"headers": headers, "body": [COMPLETION.decode()], **more}


def refusal(status: int) -> Reply:
    headers = {"content-type": "application/json", "x-request-id": "req_3", "retry-after-ms": "1"}
    return {"status": status, "headers": headers, "body": ['{"error": {"message": "no", "code": "refused"}}']}


CALL = {"index": 0, "id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
TURNS = [chunks({"role": "assistant", "tool_calls": [CALL]}, reason="tool_calls"), chunks("Ra", "in")]


@tool
def weather(city: str) -> str:
    """Return the weather of a city."""
    return f"Rain in {city}"


class Seen:
    """Hooks that keep what they see. `asynchronous` hooks suspend once."""

    def __init__(self, *, asynchronous: bool = False) -> None:
        self.requests: list[HookRequest] = []
        self.responses: list[HookResponse] = []
        self.items: list[Any] = []
        self.hooks: dict[str, Any] = {}
        for name, seen in (("request", self.requests), ("response", self.responses), ("event", self.items)):
            self.hooks[f"on_{name}"] = suspending(seen.append) if asynchronous else seen.append


def suspending(hook: Callable[[Any], object]) -> Callable[[Any], Any]:
    async def suspended(argument: Any) -> None:
        await asyncio.sleep(0)
        hook(argument)

    return suspended


#: Functions that open a stream, for both clients.
CHAT_READERS: dict[str, Callable[[Any], Any]] = {
    "create": lambda chat: chat.completions.create(**ASK, stream=True),
    "stream": lambda chat: chat.completions.stream(**ASK),
    "typed stream": lambda chat: chat.completions.stream(**ASK, response_format=SCHEMA),
    "raw response": lambda chat: chat.completions.with_raw_response.create(**ASK, stream=True),
}


def read(open_stream: Callable[[Any], Any], url: str, view: str, **options: Any) -> list[Any]:
    """Open a stream with a `Client`, and return what a loop gets."""
    with Client(base_url=url, **options) as client:
        opened = open_stream(client)
        opened = opened.parse() if hasattr(opened, "parse") else opened
        with opened as stream:
            return list(stream if view == "items" else getattr(stream, view))


async def read_async(open_stream: Callable[[Any], Any], url: str, view: str, **options: Any) -> list[Any]:
    """Open a stream with an `AsyncClient`, and return what a loop gets."""
    async with AsyncClient(base_url=url, **options) as client:
        opened = open_stream(client)
        opened = await opened if hasattr(opened, "__await__") else opened
        opened = opened.parse() if hasattr(opened, "parse") else opened
        async with opened as stream:
            return [item async for item in (stream if view == "items" else getattr(stream, view))]


def read_with(kind: str, *arguments: Any, **options: Any) -> list[Any]:
    return read(*arguments, **options) if kind == "sync" else asyncio.run(read_async(*arguments, **options))


kinds = pytest.mark.parametrize("kind", ["sync", "async", "async hooks"])
both = pytest.mark.parametrize("kind", ["sync", "async"])


@kinds
@pytest.mark.parametrize("view", ["items", "events"])
@pytest.mark.parametrize("reader", CHAT_READERS)
def test_a_hook_gets_the_items_that_the_program_gets(scripts: Scripts, kind: str, reader: str, view: str) -> None:
    seen = Seen(asynchronous=kind == "async hooks")
    script = scripts.chat(chunks(*TEXTS))
    got = read_with(kind, lambda client: CHAT_READERS[reader](client.chat), script.url, view, **seen.hooks)
    assert len(got) >= len(TEXTS)
    assert len(seen.items) == len(got)
    assert all(item is other for item, other in zip(seen.items, got, strict=True))
    assert (len(seen.requests), len(seen.responses)) == (1, 1)


@kinds
@pytest.mark.parametrize("view", ["items", "events"])
@pytest.mark.parametrize("helper", [False, True])
def test_a_hook_gets_the_events_of_messages(scripts: Scripts, kind: str, helper: bool, view: str) -> None:  # noqa: FBT001
    seen = Seen(asynchronous=kind == "async hooks")

    def opened(client: Any) -> Any:
        messages = client.messages
        return messages.stream(**ASK_MESSAGE) if helper else messages.create(**ASK_MESSAGE, stream=True)

    got = read_with(kind, opened, scripts.messages(events(*TEXTS)).url, view, **seen.hooks)
    assert len(seen.items) == len(got)
    assert all(item is other for item, other in zip(seen.items, got, strict=True))


@kinds
def test_a_hook_gets_the_items_of_texts_elements_and_results(scripts: Scripts, kind: str) -> None:
    seen = Seen(asynchronous=kind == "async hooks")
    script = scripts.chat(chunks(*TEXTS), chunks(*TEXTS), chunks(*TEXTS))
    texts = read_with(
        kind, lambda client: client.chat.completions.create(**ASK, stream=True), script.url, "text_stream", **seen.hooks
    )
    assert texts == TEXTS
    assert [item.text for item in seen.items] == [*TEXTS, ""]
    seen.items.clear()

    if kind == "sync":
        client = Client(base_url=script.url, **seen.hooks)
        with client.chat.completions.stream(**ASK, response_format=SCHEMA) as stream:
            assert list(stream.elements("c")) == [1, 2]
        final = client.chat.completions.create(**ASK, stream=True).get_final_completion()
    else:

        async def run() -> Any:
            client = AsyncClient(base_url=script.url, **seen.hooks)
            async with client.chat.completions.stream(**ASK, response_format=SCHEMA) as stream:
                assert [element async for element in stream.elements("c")] == [1, 2]
            return await (await client.chat.completions.create(**ASK, stream=True)).get_final_completion()

        final = asyncio.run(run())
    assert final.choices[0].message.content == "".join(TEXTS)
    chunk_texts = [item.text for item in seen.items if not hasattr(item, "type") or item.type is None]
    assert "".join(chunk_texts[-5:]) == "".join(TEXTS)
    assert [item.delta for item in seen.items if getattr(item, "type", None) == "content.delta"] == TEXTS


def test_each_item_is_seen_just_before_it_is_delivered(scripts: Scripts) -> None:
    order: list[str] = []
    client = Client(base_url=scripts.chat(chunks(*TEXTS)).url, on_event=lambda item: order.append(f"hook {item.text}"))
    for chunk in client.chat.completions.create(**ASK, stream=True):
        order.append(f"loop {chunk.text}")
    assert order == [f"{place} {text}" for text in [*TEXTS, ""] for place in ("hook", "loop")]


def send(kind: str, url: str, method: Callable[[Any], Any], **options: Any) -> Any:
    """Call a method of a client, and return its result."""
    if kind == "sync":
        with Client(base_url=url, **options) as client:
            return method(client)

    async def run() -> Any:
        async with AsyncClient(base_url=url, **options) as client:
            return await method(client)

    return asyncio.run(run())


@kinds
def test_changes_of_a_request_are_sent(scripts: Scripts, kind: str) -> None:
    def change(request: HookRequest) -> None:
        request.body["messages"][0]["content"] = "redacted"
        request.body["temperature"] = 0.5
        request.model = "other"
        request.extra_body["tag"] = {"deep": None}
        request.headers["X-Audit"] = "7"
        request.headers["x-default"] = None
        del request.headers["X-Own"]

    script = scripts.chat(whole())
    original = [{"role": "user", "content": "My number is 123"}]
    send(
        kind,
        script.url,
        lambda client: client.chat.completions.create(
            model="m", messages=original, extra_headers={"X-Own": "1"}, max_tokens=5
        ),
        on_request=suspending(change) if kind == "async hooks" else change,
        default_headers={"x-default": "1", "x-kept": "1"},
    )
    (entry,) = script.log()
    assert entry["body"] == {
        "model": "other",
        "messages": [{"role": "user", "content": "redacted"}],
        "max_tokens": 5,
        "temperature": 0.5,
        "tag": {"deep": None},
    }
    names = {name: entry["headers"].get(name) for name in ("x-audit", "x-own", "x-default", "x-kept")}
    assert names == {"x-audit": "7", "x-own": None, "x-default": None, "x-kept": "1"}
    # The program's own objects stay.
    assert original == [{"role": "user", "content": "My number is 123"}]


def test_a_returned_body_replaces_the_request(scripts: Scripts) -> None:
    script = scripts.chat(whole())
    body = {"model": "n", "messages": [{"role": "user", "content": "Bye"}]}
    client = Client(base_url=script.url, on_request=lambda _: body)
    client.chat.completions.create(**ASK, max_tokens=5)
    client.with_options(on_request=lambda request: request).chat.completions.create(**ASK)
    assert script.bodies() == [body, ASK]


def test_a_hook_sees_the_request_that_is_sent(scripts: Scripts) -> None:
    seen = Seen()
    script = scripts.chat(whole(), chunks("a"), whole(body=[COMPLETION.decode().replace("Hello", '{\\"c\\":[]}')]))
    client = Client(base_url=script.url, api_key="sk-secret1", **seen.hooks)
    own = {"authorization": "Bearer sk-secret2", "X-Own": "1"}
    completions = client.chat.completions
    message = completions.create(**ASK, extra_headers=own, extra_body={"b": 1}).choices[0].message
    completions.create(model="m", messages=(each for each in [message]), stream=True, timeout=30).until_done()
    completions.parse(**ASK, response_format=SCHEMA)
    first, second, third = seen.requests
    assert [{**request.body, **request.extra_body} for request in seen.requests] == script.bodies()
    assert (first.endpoint, first.model, first.stream, first.extra_body) == ("chat", "m", False, {"b": 1})
    assert first.headers == {"X-Own": "1"}
    assert (second.stream, type(second.body["messages"][0])) == (True, dict)
    assert third.body["response_format"]["type"] == "json_schema"
    # The key of the program is sent, and no hook sees it.
    assert script.log()[0]["headers"]["authorization"] == "Bearer sk-secret2"
    assert "sk-secret" not in repr([vars(request) for request in seen.requests])


@both
def test_every_endpoint_has_hooks(server: Server, kind: str) -> None:
    seen = Seen()
    calls: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "messages": ("messages.plain", lambda client: client.messages.create(**ASK_MESSAGE)),
        "count_tokens": ("count_tokens.plain", lambda client: client.messages.count_tokens(**ASK)),
        "models": ("models.openai_format", lambda client: client.models.list(limit=2)),
        "models/a/b": ("models.one_openai", lambda client: client.models.retrieve("a/b")),
    }
    for vector, call in calls.values():
        send(kind, server.base_url(vector), call, **seen.hooks)
    assert [request.endpoint for request in seen.requests] == list(calls)
    assert [response.endpoint for response in seen.responses] == list(calls)
    assert seen.requests[2].body == {"limit": 2}


WRONG_CHANGES: dict[str, tuple[Callable[[HookRequest], Any], type[Exception], str]] = {
    "messages": (lambda request: request.body.update(messages="Hi"), trilogue.InvalidRequestError, "messages must be"),
    "a number": (lambda request: request.body.update(seed=float("nan")), trilogue.InvalidRequestError, "seed is NaN"),
    "a misspelling": (lambda request: request.body.update(max_token=1), trilogue.InvalidRequestError, "max_tokens"),
    "an option": (lambda request: request.body.update(timeout=1), trilogue.InvalidRequestError, "timeout is an option"),
    "stream": (lambda request: request.body.update(stream=True), trilogue.InvalidRequestError, "can't change stream"),
    "a header": (lambda request: request.headers.update(a="b\nc"), trilogue.InvalidRequestError, "extra_headers"),
    "a result": (lambda _: "body", TypeError, "on_request must return a body as a dict, or nothing, not a str"),
    "a body": (lambda request: setattr(request, "body", []), TypeError, "body of a request must be a dict, not a list"),
    "read-only": (lambda request: setattr(request, "endpoint", "x"), AttributeError, "endpoint"),
}


@both
@pytest.mark.parametrize("change", WRONG_CHANGES)
def test_a_wrong_change_is_an_error_and_nothing_is_sent(scripts: Scripts, kind: str, change: str) -> None:
    hook, error, message = WRONG_CHANGES[change]
    script = scripts.chat(whole())
    with pytest.raises(error, match=message):
        send(kind, script.url, lambda client: client.chat.completions.create(**ASK), on_request=hook)
    assert script.log() == []


@kinds
def test_responses_of_whole_answers_streams_and_errors(scripts: Scripts, kind: str) -> None:
    seen = Seen(asynchronous=kind == "async hooks")
    script = scripts.chat(whole(), refusal(500), chunks("a"), refusal(403), refusal(403))
    call = lambda client: client.chat.completions.create(**ASK)  # noqa: E731
    send(kind, script.url, call, **seen.hooks)
    stream = lambda client: client.chat.completions.create(**ASK, stream=True)  # noqa: E731
    read_with(kind, stream, script.url, "items", **seen.hooks)
    for method in (call, stream):
        with pytest.raises(trilogue.PermissionDeniedError) as raised:
            send(kind, script.url, method, **seen.hooks)
        assert seen.responses[-1].error is raised.value
    assert [response.status_code for response in seen.responses] == [200, 200, 403, 403]
    assert [response.request_id for response in seen.responses] == ["req_2", "req_1", "req_3", "req_3"]
    assert [response.headers["X-Request-Id"] for response in seen.responses][:2] == ["req_2", "req_1"]
    assert [response.retries_taken for response in seen.responses] == [0, 1, 0, 0]
    assert [response.error is None for response in seen.responses] == [True, True, False, False]
    assert all(response.elapsed > 0 for response in seen.responses)
    assert [response.request for response in seen.responses] == seen.requests
    # Once per call, however often it was sent.
    assert (len(script.log()), len(seen.requests)) == (5, 4)


@both
def test_a_failure_without_a_response_calls_no_hook(kind: str) -> None:
    seen = Seen()
    with pytest.raises(trilogue.APIConnectionError):
        send(
            kind,
            "http://127.0.0.1:9/v1",
            lambda client: client.chat.completions.create(**ASK),
            **seen.hooks,
            max_retries=0,
        )
    assert (len(seen.requests), len(seen.responses)) == (1, 0)


class BrokenHookError(Exception):
    """The exception of a hook."""


def failing_once(*, asynchronous: bool) -> Any:
    """Return a hook whose first call fails."""
    calls: list[object] = []

    def hook(argument: object) -> None:
        calls.append(argument)
        if len(calls) == 1:
            raise BrokenHookError

    return suspending(hook) if asynchronous else hook


@kinds
@pytest.mark.parametrize("name", ["on_request", "on_response", "on_event"])
@pytest.mark.parametrize("view", ["items", "events", "text_stream"])
def test_a_hook_that_raises_fails_its_stream_only(scripts: Scripts, kind: str, name: str, view: str) -> None:
    script = scripts.chat(*([] if name == "on_request" else [chunks("a", "b", end="stall")]), chunks(*TEXTS))
    # The second call would wait for ever for a slot that the first one kept.
    options: dict[str, Any] = {"max_in_flight": 1, name: failing_once(asynchronous=kind == "async hooks")}

    if kind == "sync":
        client = Client(base_url=script.url, **options)

        def attempt() -> list[Any]:
            stream = client.chat.completions.create(**ASK, stream=True)
            return list(stream if view == "items" else getattr(stream, view))

        with pytest.raises(BrokenHookError):
            attempt()
        if name != "on_request":
            assert script.outcome(0) == "closed"
        assert len(attempt()) >= len(TEXTS)
        assert client.limits.in_flight == 0
        return

    async def run() -> None:
        client = AsyncClient(base_url=script.url, **options)

        async def attempt() -> list[Any]:
            stream = await client.chat.completions.create(**ASK, stream=True)
            return [item async for item in (stream if view == "items" else getattr(stream, view))]

        with pytest.raises(BrokenHookError):
            await attempt()
        if name != "on_request":
            assert script.outcome(0) == "closed"
        assert len(await attempt()) >= len(TEXTS)
        assert client.limits.in_flight == 0

    asyncio.run(run())


@kinds
@pytest.mark.parametrize("name", ["on_request", "on_response"])
def test_a_hook_that_raises_fails_its_call_only(scripts: Scripts, kind: str, name: str) -> None:
    script = scripts.chat(whole())
    hooks = {name: failing_once(asynchronous=kind == "async hooks")}

    def call(client: Any) -> Any:
        return client.chat.completions.create(**ASK)

    async def run() -> None:
        client = AsyncClient(base_url=script.url, max_in_flight=1, **hooks)
        with pytest.raises(BrokenHookError):
            await call(client)
        assert (await call(client)).choices[0].message.content == "Hello"

    if kind == "sync":
        client = Client(base_url=script.url, max_in_flight=1, **hooks)
        with pytest.raises(BrokenHookError):
            call(client)
        assert call(client).choices[0].message.content == "Hello"
    else:
        asyncio.run(run())
    assert len(script.log()) == (1 if name == "on_request" else 2)


def test_the_exception_of_a_hook_for_an_error_has_the_error_as_context(scripts: Scripts) -> None:
    client = Client(base_url=scripts.chat(refusal(403)).url, on_response=failing_once(asynchronous=False))
    with pytest.raises(BrokenHookError) as raised:
        client.chat.completions.create(**ASK)
    assert isinstance(raised.value.__context__, trilogue.PermissionDeniedError)


@both
def test_a_stream_whose_hook_raised_does_not_look_complete(scripts: Scripts, kind: str) -> None:
    def refuse_b(item: Any) -> None:
        if item.text == "b":
            raise BrokenHookError

    script = scripts.chat(chunks("a", "b", "c"))
    if kind == "sync":
        stream = Client(base_url=script.url, on_event=refuse_b).chat.completions.create(**ASK, stream=True)
        assert next(stream).text == "a"
        with pytest.raises(BrokenHookError):
            next(stream)
        with pytest.raises(trilogue.APIUserAbortError, match="closed when on_event raised BrokenHookError") as raised:
            next(stream)
        assert raised.value.partial is not None
        return

    async def run() -> None:
        client = AsyncClient(base_url=script.url, on_event=refuse_b)
        stream = await client.chat.completions.create(**ASK, stream=True)
        assert (await anext(stream)).text == "a"
        with pytest.raises(BrokenHookError):
            await anext(stream)
        with pytest.raises(trilogue.APIUserAbortError, match="closed when on_event raised BrokenHookError"):
            await stream.get_final_completion()

    asyncio.run(run())


@pytest.mark.parametrize("name", ["on_request", "on_response", "on_event"])
def test_an_asynchronous_hook_of_a_client_is_a_type_error(scripts: Scripts, name: str) -> None:
    script = scripts.chat(chunks("a", end="stall"))

    async def hook(argument: object) -> None:
        del argument

    class Hook:
        async def __call__(self, argument: object) -> None:
            del argument

    message = f"^{name} is asynchronous, which Client can't wait for: use AsyncClient"
    for asynchronous in (hook, Hook()):
        with pytest.raises(TypeError, match=message):
            Client(base_url=script.url, **{name: asynchronous})  # type: ignore[arg-type]
    # A function that returns a coroutine is noticed when it is called.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client = Client(base_url=script.url, **{name: lambda argument: hook(argument)})  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=message):
            client.chat.completions.create(**ASK, stream=True).until_done()
    assert [entry["outcome"] for entry in script.log()] == [] or script.outcome() == "closed"


@pytest.mark.parametrize("name", ["on_request", "on_response", "on_event"])
def test_a_hook_must_be_a_function(name: str) -> None:
    for kind in (Client, AsyncClient):
        with pytest.raises(trilogue.ConfigurationError, match=f"^{name} must be a function, not a str$"):
            kind(base_url="http://127.0.0.1:9", **{name: "print"})  # type: ignore[arg-type]


class Gate:
    """An asynchronous hook that waits until it is cancelled, in its first call with a chunk of this text or with another argument."""

    def __init__(self, text: str | None = None) -> None:
        self.entered = asyncio.Event()
        self.cancelled = 0
        self._text = text

    async def __call__(self, argument: Any) -> None:
        """Wait, as a hook."""
        if self.cancelled or (self._text is not None and argument.text != self._text):
            return
        self.entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled += 1


@pytest.mark.parametrize("name", ["on_request", "on_response", "on_event"])
def test_cancelling_during_an_asynchronous_hook(scripts: Scripts, name: str) -> None:
    script = scripts.chat(*([] if name == "on_request" else [chunks("a", end="stall")]), chunks(*TEXTS))

    async def run() -> None:
        gate = Gate()
        client = AsyncClient(base_url=script.url, max_in_flight=1, **{name: gate})  # type: ignore[arg-type]

        async def attempt() -> list[str]:
            stream = await client.chat.completions.create(**ASK, stream=True)
            return [chunk.text async for chunk in stream]

        task = asyncio.create_task(attempt())
        await gate.entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert gate.cancelled == 1
        if name == "on_request":
            assert script.log() == []
        else:
            assert script.outcome(0) == "closed"
        assert await attempt() == [*TEXTS, ""]

    asyncio.run(run())


def test_a_cancelled_wait_for_the_next_item_loses_none(scripts: Scripts) -> None:
    script = scripts.chat(chunks("a", "b", "c"))

    async def run() -> list[str]:
        gate = Gate("b")
        stream = await AsyncClient(base_url=script.url, on_event=gate).chat.completions.create(**ASK, stream=True)
        got = [(await anext(stream)).text]
        waiting = asyncio.ensure_future(anext(stream))
        await gate.entered.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return got + [chunk.text async for chunk in stream]

    assert asyncio.run(run()) == ["a", "b", "c", ""]


def test_a_stream_that_is_closed_during_a_hook_delivers_nothing_more(scripts: Scripts) -> None:
    script = scripts.chat(chunks("a", "b", "c"))

    async def run() -> list[str]:
        stream: Any = None

        async def close(item: Any) -> None:
            if item.text == "b":
                await stream.close()

        client = AsyncClient(base_url=script.url, on_event=close)
        stream = await client.chat.completions.create(**ASK, stream=True)
        return [chunk.text async for chunk in stream]

    assert asyncio.run(run()) == ["a"]


def test_copies_have_the_hooks(scripts: Scripts) -> None:
    seen = Seen()
    script = scripts.chat(chunks("a"))
    copied = Client(base_url=script.url, **seen.hooks).with_options(max_retries=0)
    copied.chat.completions.create(**ASK, stream=True).until_done()
    assert (len(seen.requests), len(seen.responses), len(seen.items)) == (1, 1, 2)
    # Another hook replaces the first one, and `None` removes it.
    other = copied.with_options(on_request=None, on_response=None, on_event=None)
    other.chat.completions.create(**ASK, stream=True).until_done()
    assert (len(seen.requests), len(seen.responses), len(seen.items)) == (1, 1, 2)


def test_a_client_with_hooks_is_pickled(scripts: Scripts, capsys: pytest.CaptureFixture[str]) -> None:
    client = Client(base_url=scripts.chat(whole()).url, on_response=print)
    pickle.loads(pickle.dumps(client)).chat.completions.create(**ASK)  # noqa: S301
    assert capsys.readouterr().out == "<HookResponse 200 of chat>\n"
    with pytest.raises(pickle.PicklingError, match="its on_event can't"):
        pickle.dumps(client.with_options(on_event=lambda _: None))


@both
def test_a_request_has_a_hook_of_its_own_for_its_items(scripts: Scripts, kind: str) -> None:
    kept: dict[str, list[str]] = {}

    def keep(request: HookRequest) -> None:
        name = request.body["messages"][0]["content"]
        kept[name] = []
        request.on_event = lambda item: kept[name].append(item.text)

    script = scripts.chat(chunks(*TEXTS))
    asks = [{"model": "m", "messages": [{"role": "user", "content": str(number)}]} for number in range(20)]
    if kind == "sync":
        client = Client(base_url=script.url, on_request=keep)
        streams = [client.chat.completions.create(**ask, stream=True) for ask in asks]
        for items in zip(*streams, strict=True):
            assert len({item.text for item in items}) == 1
    else:

        async def run() -> None:
            client = AsyncClient(base_url=script.url, on_request=keep)

            async def one(ask: Any) -> None:
                await (await client.chat.completions.create(**ask, stream=True)).until_done()

            await asyncio.gather(*map(one, asks))

        asyncio.run(run())
    assert kept == {str(number): [*TEXTS, ""] for number in range(20)}


@kinds
def test_a_tool_run_has_hooks_for_each_request(scripts: Scripts, kind: str) -> None:
    seen = Seen(asynchronous=kind == "async hooks")
    script = scripts.chat(*TURNS)
    arguments: dict[str, Any] = {**ASK, "tools": [weather]}
    if kind == "sync":
        got = list(Client(base_url=script.url, **seen.hooks).chat.completions.run_tools(**arguments))
    else:

        async def run() -> list[Any]:
            runner = AsyncClient(base_url=script.url, **seen.hooks).chat.completions.run_tools(**arguments)
            return [event async for event in runner]

        got = asyncio.run(run())
    assert [request.body for request in seen.requests] == script.bodies()
    assert [len(request.body["messages"]) for request in seen.requests] == [1, 3]
    assert len(seen.responses) == 2
    replies = [event for event in got if not event.type.startswith("tool.")]
    assert len(replies) == len(seen.items)
    assert all(item is other for item, other in zip(seen.items, replies, strict=True))


@kinds
def test_a_conversation_has_hooks_and_keeps_its_own_text(scripts: Scripts, kind: str) -> None:
    seen = Seen(asynchronous=kind == "async hooks")

    def redact(request: HookRequest) -> None:
        seen.requests.append(request)
        request.body["messages"][0]["content"] = "redacted"

    hooks = {**seen.hooks, "on_request": suspending(redact) if kind == "async hooks" else redact}
    script = scripts.chat(*TURNS, whole())
    conversation = Conversation(model="m", tools=[weather])
    if kind == "sync":
        client = Client(base_url=script.url, **hooks)
        got = list(conversation.stream(client, "secret"))
        conversation.send(client, "more")
    else:

        async def run() -> list[Any]:
            client = AsyncClient(base_url=script.url, **hooks)
            got = [event async for event in conversation.stream(client, "secret")]
            await conversation.send(client, "more")
            return got

        got = asyncio.run(run())
    assert [body["messages"][0]["content"] for body in script.bodies()] == ["redacted"] * 3
    assert conversation.turns[0].text == "secret"
    assert (len(seen.requests), len(seen.responses)) == (3, 3)
    replies = [event for event in got if not event.type.startswith("tool.")]
    assert all(item is other for item, other in zip(seen.items, replies, strict=True))


@both
def test_a_hook_that_raises_ends_a_conversations_answer_and_keeps_the_part(scripts: Scripts, kind: str) -> None:
    def refuse(item: Any) -> None:
        if item.type == "text" and item.text == "b":
            raise BrokenHookError

    script = scripts.chat(chunks("a", "b", end="stall"), whole())
    conversation = Conversation(model="m")
    if kind == "sync":
        client = Client(base_url=script.url, on_event=refuse)
        with pytest.raises(BrokenHookError):
            list(conversation.stream(client, "Hi"))
        assert script.outcome(0) == "closed"
        conversation.retry()
        conversation.send(client)
    else:

        async def run() -> None:
            client = AsyncClient(base_url=script.url, on_event=refuse)
            with pytest.raises(BrokenHookError):
                async for _ in conversation.stream(client, "Hi"):
                    pass
            assert script.outcome(0) == "closed"
            conversation.retry()
            await conversation.send(client)

        asyncio.run(run())
    assert conversation.turns[-1].text == "Hello"


def official(endpoint: str, kind: str, script: Any) -> Any:
    """Return a client of `trilogue.openai` or `trilogue.anthropic`."""
    from trilogue import anthropic, openai

    options: dict[str, Any] = {"api_key": "sk-secret1", "max_retries": 0}
    if endpoint == "chat":
        return (openai.OpenAI if kind == "sync" else openai.AsyncOpenAI)(base_url=f"{script.url}/v1", **options)
    return (anthropic.Anthropic if kind == "sync" else anthropic.AsyncAnthropic)(base_url=script.url, **options)


@kinds
@pytest.mark.parametrize("endpoint", ["chat", "messages"])
def test_clients_of_the_official_classes_have_hooks(scripts: Scripts, kind: str, endpoint: str) -> None:
    seen = Seen(asynchronous=kind == "async hooks")

    def change(request: HookRequest) -> None:
        seen.requests.append(request)
        request.body["messages"][0]["content"] = "redacted"
        request.headers["X-Audit"] = "7"

    hooks = {**seen.hooks, "on_request": suspending(change) if kind == "async hooks" else change}
    script = scripts.chat(chunks(*TEXTS)) if endpoint == "chat" else scripts.messages(events(*TEXTS))
    client = official(endpoint, kind, script)
    # A copy of the copy has the hooks, and the first client has none.
    copied = client.with_hooks(**hooks).with_options(timeout=20)

    def opened(of: Any) -> Any:
        if endpoint == "chat":
            return of.chat.completions.create(**ASK, stream=True)
        return of.messages.create(**ASK_MESSAGE, stream=True)

    if kind == "sync":
        got = list(opened(copied))
        raw = opened(copied).response.read()
        list(opened(client))
    else:

        async def run() -> tuple[list[Any], bytes]:
            got = [item async for item in await opened(copied)]
            raw = await (await opened(copied)).response.aread()
            async for _ in await opened(client):
                pass
            return got, raw

        got, raw = asyncio.run(run())
    assert type(got[0]).__module__.startswith("openai" if endpoint == "chat" else "anthropic")
    assert all(item is other for item, other in zip(seen.items[: len(got)], got, strict=True))
    assert raw.count(b"data: ") - raw.count(b"data: [DONE]") == len(seen.items) - len(got) == len(got)
    assert [body["messages"][0]["content"] for body in script.bodies()] == ["redacted", "redacted", "Hi"]
    assert [entry["headers"].get("x-audit") for entry in script.log()] == ["7", "7", None]
    assert [response.status_code for response in seen.responses] == [200, 200]
    assert "sk-secret" not in repr([vars(request) for request in seen.requests])


@both
def test_a_hook_that_raises_closes_a_stream_of_the_official_classes(scripts: Scripts, kind: str) -> None:
    script = scripts.chat(chunks("a", "b", end="stall"), chunks("a"))
    client = official("chat", kind, script).with_hooks(on_event=failing_once(asynchronous=False))
    if kind == "sync":
        with pytest.raises(BrokenHookError):
            list(client.chat.completions.create(**ASK, stream=True))
        assert script.outcome(0) == "closed"
        list(client.chat.completions.create(**ASK, stream=True))
        with pytest.raises(TypeError, match="on_request is asynchronous"):
            client.with_hooks(on_request=suspending(print))
        return

    async def run() -> None:
        with pytest.raises(BrokenHookError):
            async for _ in await client.chat.completions.create(**ASK, stream=True):
                pass
        assert script.outcome(0) == "closed"
        async for _ in await client.chat.completions.create(**ASK, stream=True):
            pass

    asyncio.run(run())


@both
def test_a_call_with_fallbacks_has_one_request_and_one_response(scripts: Scripts, kind: str) -> None:
    seen, other = Seen(), Seen()

    def redact(request: HookRequest) -> None:
        seen.requests.append(request)
        request.body["messages"][0]["content"] = "redacted"
        request.headers["x-audit"] = "7"

    down, up = scripts.chat(refusal(503)), scripts.chat(chunks(*TEXTS))
    fallback: Any = (Client if kind == "sync" else AsyncClient)(base_url=up.url, **other.hooks)
    got = read_with(
        kind,
        lambda client: client.chat.completions.create(**ASK, stream=True),
        down.url,
        "items",
        fallbacks=[fallback],
        max_retries=0,
        **{**seen.hooks, "on_request": redact},
    )
    assert [script.bodies()[0]["messages"][0]["content"] for script in (down, up)] == ["redacted", "redacted"]
    assert [script.log()[0]["headers"].get("x-audit") for script in (down, up)] == ["7", "7"]
    assert (len(seen.requests), [response.status_code for response in seen.responses]) == (1, [200])
    assert len(seen.items) == len(got)
    # The client of a fallback stands for its endpoint only.
    assert (other.requests, other.responses, other.items) == ([], [], [])


def test_logs_describe_the_changed_request_once(scripts: Scripts, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "trilogue")
    seen = Seen()

    def rename(request: HookRequest) -> None:
        seen.requests.append(request)
        request.model = "renamed"

    script = scripts.chat(chunks("a"), whole())
    client = Client(base_url=script.url, **{**seen.hooks, "on_request": rename})
    client.chat.completions.create(**ASK, stream=True).until_done()
    client.chat.completions.create(**ASK)
    assert (len(seen.requests), len(seen.responses), len(seen.items)) == (2, 2, 2)
    texts = [record.getMessage() for record in caplog.records]
    assert sum("model renamed" in text and "POST" in text for text in texts) == 2
    assert sum(" done after " in text for text in texts) == 2


def test_the_code_of_hooks_is_loaded_on_demand(server: Server) -> None:
    script = (
        "import sys, trilogue\n"
        "ask = dict(model='m', messages=[{'role': 'user', 'content': 'Hi'}], stream=True)\n"
        "trilogue.Client().chat.completions.create(**ask).until_done()\n"
        "print(any(name.endswith('.hooks') for name in sys.modules))\n"
    )
    ended = subprocess.run(
        [PYTHON, "-c", script],
        env=environment(server.base_url("stream.plain")),
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.stdout == "False\n"
