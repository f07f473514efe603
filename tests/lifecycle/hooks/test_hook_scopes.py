"""Where hooks apply: in copies of a client, in tool runs, conversations and fallbacks, and in clients of the official classes."""

from __future__ import annotations

import asyncio
import logging
import pickle
import subprocess
from typing import Any

import pytest
from conftest import PYTHON, Server, environment
from hooked import (
    ASK,
    ASK_MESSAGE,
    TEXTS,
    TURNS,
    BrokenHookError,
    Seen,
    both,
    chunks,
    events,
    failing_once,
    kinds,
    read_with,
    refusal,
    suspending,
    weather,
    whole,
)

from scripted import Scripts
from trilogue import AsyncClient, Client, Conversation, HookRequest


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
