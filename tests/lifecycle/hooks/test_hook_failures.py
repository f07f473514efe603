"""Hooks that raise, that are asynchronous where they can't be, and that are cancelled: each ends its own call, and nothing else.

No assertion depends on a duration.
"""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

import pytest
from hooked import ASK, TEXTS, BrokenHookError, both, chunks, failing_once, kinds, refusal, whole

import trilogue
from scripted import Scripts
from trilogue import AsyncClient, Client


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
    if name == "on_request":
        assert script.log() == []
    else:
        assert [script.outcome(number) for number in range(len(script.log()))] == ["closed"]


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
