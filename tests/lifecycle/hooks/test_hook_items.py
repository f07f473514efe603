"""The hook for the items of streams: it gets each item that the program gets, just before the program does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hooked import ASK, ASK_MESSAGE, CHAT_READERS, SCHEMA, TEXTS, Seen, both, chunks, events, kinds, read_with

from scripted import Scripts
from trilogue import AsyncClient, Client, HookRequest


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


@both
@pytest.mark.parametrize("view", ["items", "events", "text_stream"])
def test_a_stream_that_is_closed_during_a_hook_delivers_nothing_more(scripts: Scripts, kind: str, view: str) -> None:
    script = scripts.chat(chunks("a", "b", "c"))
    stream: Any = None
    seen: list[str] = []

    if kind == "sync":

        def close(item: Any) -> None:
            seen.append(item.text)
            if item.text == "b":
                stream.close()

        client = Client(base_url=script.url, on_event=close)
        stream = client.chat.completions.create(**ASK, stream=True)
        stream = stream.events if view == "events" else stream
        got = [getattr(item, "text", item) for item in (stream.text_stream if view == "text_stream" else stream)]
    else:

        async def close_async(item: Any) -> None:
            seen.append(item.text)
            if item.text == "b":
                await stream.close()

        async def run() -> list[str]:
            nonlocal stream
            client = AsyncClient(base_url=script.url, on_event=close_async)
            stream = await client.chat.completions.create(**ASK, stream=True)
            stream = stream.events if view == "events" else stream
            items = stream.text_stream if view == "text_stream" else stream
            return [getattr(item, "text", item) async for item in items]

        got = asyncio.run(run())
    assert (got, seen) == (["a"], ["a", "b"])


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
