"""The subclasses of the official clients: results, streams, errors and options are those of the official clients."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import openai
import pytest
from conftest import (
    KEY,
    City,
    anthropic_client,
    async_anthropic_client,
    async_openai_client,
    openai_client,
)
from replies import CITY, as_json, call_chunks, chunks, completion, deltas, events, message, models, use_events

import trilogue
import trilogue.openai
from scripted import Scripts

CHAT: Any = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
MESSAGE: Any = {**CHAT, "max_tokens": 100}


def test_a_completion_has_the_official_types(scripts: Scripts, sent: list[str]) -> None:
    script = scripts.chat(completion(reasoning_content="Hm"))
    client = openai_client(script)
    assert isinstance(client, openai.OpenAI)
    answer = client.chat.completions.create(**CHAT, stop=None, temperature=openai.omit, extra_body={"top_k": 3})
    assert type(answer) is openai.types.chat.ChatCompletion
    assert answer.choices[0].message.content == "Hello world"
    assert answer.choices[0].message.reasoning_content == "Hm"
    assert answer.usage is not None
    assert type(answer.usage) is openai.types.CompletionUsage
    assert answer._request_id == "req_1"
    assert sent == ["chat"]
    request = script.log()[0]
    assert request["path"].endswith("/v1/chat/completions")
    assert request["body"] == {**CHAT, "stop": None, "top_k": 3}
    assert request["headers"]["authorization"] == f"Bearer {KEY}"


def test_requests_equal_those_of_the_official_client(scripts: Scripts) -> None:
    # The HTTP clients differ in these.
    own = {"accept-encoding", "connection", "host"}

    def sent_by(script: Any) -> Any:
        (request,) = script.log()
        headers = {name: value for name, value in request["headers"].items() if name not in own}
        return request["path"].rpartition("/")[2], headers, request["body"]

    requests = []
    for kind in (openai_client, lambda script: openai.OpenAI(base_url=f"{script.url}/v1", api_key=KEY, max_retries=0)):
        script = scripts.chat(completion())
        kind(script).chat.completions.create(**CHAT, user="ü", temperature=0.5, extra_body={"n": None})
        requests.append(sent_by(script))
    for kind in (anthropic_client, lambda script: anthropic.Anthropic(base_url=script.url, api_key=KEY, max_retries=0)):
        script = scripts.messages(message())
        kind(script).messages.create(**MESSAGE, system="ü", stop_sequences=["x"], extra_body={"top_k": 5})
        requests.append(sent_by(script))
    assert requests[0] == requests[1]
    assert requests[2] == requests[3]


def same_as_official(stream: Any, official: Any) -> None:
    """Compare each item of two streams, and their types."""
    pairs = list(zip(stream, official, strict=True))
    assert len(pairs) > 5
    for item, expected in pairs:
        assert type(item) is type(expected)
        assert item == expected
        assert item.model_dump_json(exclude_unset=True) == expected.model_dump_json(exclude_unset=True)
        assert item.model_dump() == expected.model_dump()


@pytest.mark.parametrize(
    "reply",
    [
        chunks("Hel", "lo", " ", "wor", "ld"),
        call_chunks("add", '{"a"', ":", " 1", ', "b"', ": 2}"),
        deltas(*({"reasoning_content": text} for text in "abc"), *({"content": text} for text in "def")),
    ],
    ids=["text", "calls", "reasoning"],
)
def test_chunks_equal_those_of_the_official_client(scripts: Scripts, reply: Any) -> None:
    script = scripts.chat(reply)
    official = openai.OpenAI(base_url=f"{script.url}/v1", api_key=KEY)
    with openai_client(script).chat.completions.create(**CHAT, stream=True) as stream:
        assert isinstance(stream, openai.Stream)
        same_as_official(stream, official.chat.completions.create(**CHAT, stream=True))


@pytest.mark.parametrize(
    "reply", [events("Hel", "lo", " ", "wor", "ld"), use_events("add", '{"a"', ": 1", "}")], ids=["text", "calls"]
)
def test_events_equal_those_of_the_official_client(scripts: Scripts, reply: Any) -> None:
    script = scripts.messages(reply)
    official = anthropic.Anthropic(base_url=script.url, api_key=KEY)
    with anthropic_client(script).messages.create(**MESSAGE, stream=True) as stream:
        # Some versions override `isinstance`.
        assert anthropic.Stream in type(stream).__mro__
        same_as_official(stream, official.messages.create(**MESSAGE, stream=True))


def test_items_are_independent_of_each_other(scripts: Scripts) -> None:
    stream = openai_client(scripts.chat(chunks("a", "b", "c"))).chat.completions.create(**CHAT, stream=True)
    items = list(stream)
    items[2].choices[0].delta.content = "changed"
    items[2].choices[0].delta.role = "user"
    assert [item.choices[0].delta.content for item in items[1:4]] == ["a", "changed", "c"]
    assert items[3].choices[0].delta.model_fields_set == {"content"}


def test_helpers_of_the_official_client(scripts: Scripts, sent: list[str]) -> None:
    text = City(**CITY).model_dump_json()
    script = scripts.chat(completion(text), chunks(text[:9], text[9:]), models("m1", "m2"), as_json({"id": "a/b"}))
    client = openai_client(script)
    parsed = client.chat.completions.parse(**CHAT, response_format=City)
    assert parsed.choices[0].message.parsed == City(**CITY)
    with client.chat.completions.stream(**CHAT, response_format=City) as stream:
        assert [event.delta for event in stream if event.type == "content.delta"][-2:] == [text[:9], text[9:]]
        assert stream.get_final_completion().choices[0].message.parsed == City(**CITY)
    assert [model.id for model in client.models.list()] == ["m1", "m2"]
    assert client.models.retrieve("a/b").id == "a/b"
    assert sent == ["chat", "chat", "models", "models/a/b"]
    assert script.bodies()[0]["response_format"]["json_schema"]["name"] == "City"


def test_helpers_of_the_official_anthropic_client(scripts: Scripts, sent: list[str]) -> None:
    script = scripts.messages(message(), events("Hel", "lo"), as_json({"input_tokens": 7}), message())
    client = anthropic_client(script)
    assert isinstance(client, anthropic.Anthropic)
    answer = client.messages.create(**MESSAGE)
    assert type(answer) is anthropic.types.Message
    assert answer.content[0].text == "Hello world"
    with client.messages.stream(**MESSAGE) as stream:
        assert list(stream.text_stream) == ["Hel", "lo"]
        assert stream.get_final_message().usage.output_tokens == 5
    assert client.messages.count_tokens(**CHAT).input_tokens == 7
    assert client.beta.messages.create(**MESSAGE, betas=["x-2025"]).content[0].text == "Hello world"
    assert sent == ["messages", "messages", "count_tokens", "messages"]
    requests = script.log()
    assert [request["path"].rpartition("/v1/")[2] for request in requests][:3] == [
        "messages",
        "messages",
        "messages/count_tokens",
    ]
    assert requests[3]["headers"]["anthropic-beta"] == "x-2025"


def test_raw_and_streaming_responses(scripts: Scripts) -> None:
    client = openai_client(scripts.chat(completion(), chunks("Hel", "lo"), completion(), chunks("Hel", "lo")))
    raw = client.chat.completions.with_raw_response.create(**CHAT)
    assert raw.headers["x-request-id"] == "req_1"
    assert raw.status_code == 200
    assert raw.parse().choices[0].message.content == "Hello world"
    raw = client.chat.completions.with_raw_response.create(**CHAT, stream=True)
    assert [item.choices[0].delta.content for item in raw.parse() if item.choices][1:3] == ["Hel", "lo"]
    with client.chat.completions.with_streaming_response.create(**CHAT) as response:
        assert response.parse().choices[0].message.content == "Hello world"
    with client.chat.completions.with_streaming_response.create(**CHAT, stream=True) as response:
        lines = [line for line in response.iter_lines() if line]
    assert '"Hel"' in lines[1]
    assert lines[-1] == "data: [DONE]"


def test_asynchronous_clients(scripts: Scripts, sent: list[str]) -> None:
    chat = scripts.chat(completion(), chunks("Hel", "lo"), models("m1"))
    messages = scripts.messages(message(), events("Hel", "lo"))

    async def run() -> None:
        async with async_openai_client(chat) as client:
            assert isinstance(client, openai.AsyncOpenAI)
            assert (await client.chat.completions.create(**CHAT)).choices[0].message.content == "Hello world"
            stream = await client.chat.completions.create(**CHAT, stream=True)
            assert isinstance(stream, openai.AsyncStream)
            assert [item.choices[0].delta.content async for item in stream if item.choices][1:3] == ["Hel", "lo"]
            assert [model.id async for model in client.models.list()] == ["m1"]
        async with async_anthropic_client(messages) as client:
            assert isinstance(client, anthropic.AsyncAnthropic)
            assert (await client.messages.create(**MESSAGE)).content[0].text == "Hello world"
            async with client.messages.stream(**MESSAGE) as stream:
                assert [text async for text in stream.text_stream] == ["Hel", "lo"]

    asyncio.run(run())
    assert sent == ["chat", "chat", "models", "messages", "messages"]


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (409, "ConflictError"),
        (422, "UnprocessableEntityError"),
        (429, "RateLimitError"),
        (500, "InternalServerError"),
    ],
)
def test_errors_are_errors_of_both_packages(scripts: Scripts, status: int, name: str) -> None:
    error = {"message": "It failed", "type": "some_type", "code": "some_code", "param": None}
    reply = as_json({"error": error}, status)
    with pytest.raises(getattr(openai, name)) as raised:
        openai_client(scripts.chat(reply)).chat.completions.create(**CHAT)
    assert isinstance(raised.value, getattr(trilogue, name))
    assert raised.value.status_code == status
    assert raised.value.response.status_code == status
    assert raised.value.response.json() == {"error": error}
    assert raised.value.code == "some_code"
    assert raised.value.body == error
    assert raised.value.request_id == "req_1"
    assert raised.value.request.url.path.endswith("/chat/completions")
    assert KEY not in repr(raised.value)

    reply = as_json({"type": "error", "error": {"type": "some_error", "message": "It failed"}}, status)
    with pytest.raises(getattr(anthropic, name)) as raised_anthropic:
        anthropic_client(scripts.messages(reply)).messages.create(**MESSAGE)
    assert isinstance(raised_anthropic.value, getattr(trilogue, name))
    assert raised_anthropic.value.type == "some_error"


def test_errors_can_be_pickled(scripts: Scripts) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        openai_client(scripts.chat(as_json({"error": {"message": "none"}}, 404))).chat.completions.create(**CHAT)
    raised.value.request = raised.value.response = None
    copied = pickle.loads(pickle.dumps(raised.value))  # noqa: S301
    assert type(copied) is type(raised.value)
    assert str(copied) == str(raised.value)


def test_errors_within_a_stream(scripts: Scripts) -> None:
    cut = chunks("Hel", "lo")
    cut = {**cut, "body": cut["body"][:3], "end": "reset"}
    stream = openai_client(scripts.chat(cut)).chat.completions.create(**CHAT, stream=True)
    with pytest.raises(openai.APIConnectionError) as raised:
        list(stream)
    assert isinstance(raised.value, trilogue.IncompleteStreamError)
    assert raised.value.partial is not None


def test_connection_errors_and_time_limits(scripts: Scripts) -> None:
    from trilogue.openai import OpenAI

    with pytest.raises(openai.APIConnectionError):
        OpenAI(base_url="http://127.0.0.1:1/v1", api_key=KEY, max_retries=0).chat.completions.create(**CHAT)
    slow = scripts.chat({**completion(), "delay_ms": 5000})
    started = time.monotonic()
    with pytest.raises(openai.APITimeoutError):
        openai_client(slow, timeout=0.2).chat.completions.create(**CHAT)
    with pytest.raises(openai.APITimeoutError):
        openai_client(slow).with_options(timeout=openai.Timeout(0.2)).chat.completions.create(**CHAT)
    with pytest.raises(openai.APITimeoutError):
        openai_client(slow).chat.completions.create(**CHAT, timeout=0.2)
    assert time.monotonic() - started < 4


def test_retries_are_those_of_the_options(scripts: Scripts) -> None:
    busy = as_json({"error": {"message": "busy"}}, 429, **{"retry-after": "0"})
    script = scripts.chat(busy, busy, completion())
    client = openai_client(script, max_retries=2)
    assert client.chat.completions.create(**CHAT).choices[0].message.content == "Hello world"
    assert len(script.log()) == 3
    with pytest.raises(openai.RateLimitError):
        openai_client(scripts.chat(busy)).chat.completions.create(**CHAT)


def test_headers_queries_and_keys_of_the_options(scripts: Scripts) -> None:
    script = scripts.chat(completion())
    keys = iter(["sk-key-one", "sk-key-two"])
    client = openai_client(
        script,
        api_key=lambda: next(keys),
        organization="org",
        default_headers={"X-One": "1", "X-Two": "2"},
        default_query={"q": "1"},
    )
    client.chat.completions.create(**CHAT, extra_headers={"X-Two": openai.omit, "X-Three": "3"}, extra_query={"r": "2"})
    client.chat.completions.create(**CHAT)
    first, second = (request["headers"] for request in script.log())
    assert first["authorization"] == "Bearer sk-key-one"
    assert second["authorization"] == "Bearer sk-key-two"
    assert (first["x-one"], first["x-three"], first["openai-organization"]) == ("1", "3", "org")
    assert "x-two" not in first
    assert script.log()[0]["path"].endswith("?q=1&r=2")


def test_the_programs_own_http_client_sends_the_requests(scripts: Scripts, sent: list[str]) -> None:
    script = scripts.chat(completion(), chunks("Hel", "lo"), as_json({"error": {"message": "busy"}}, 429))
    seen: list[str] = []
    http = openai.DefaultHttpxClient(event_hooks={"request": [lambda request: seen.append(request.url.path)]})
    client = openai_client(script, http_client=http)
    assert client.chat.completions.create(**CHAT).choices[0].message.content == "Hello world"
    stream = client.with_options(timeout=5).chat.completions.create(**CHAT, stream=True)
    assert [item.choices[0].delta.content for item in stream if item.choices][1:3] == ["Hel", "lo"]
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(**CHAT)
    assert len(seen) == len(sent) == 3

    async def run() -> None:
        http = openai.DefaultAsyncHttpxClient()
        async with async_openai_client(scripts.chat(chunks("Hel", "lo")), http_client=http) as client:
            stream = await client.chat.completions.create(**CHAT, stream=True)
            assert [item.choices[0].delta.content async for item in stream if item.choices][1:3] == ["Hel", "lo"]

    asyncio.run(run())


def test_closing_an_unread_stream_closes_the_response_of_the_programs_http_client() -> None:
    closed = threading.Event()

    class Body(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"data: [DONE]\n\n"

        def close(self) -> None:
            closed.set()

    headers = {"content-type": "text/event-stream"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, stream=Body()))
    http = httpx.Client(transport=transport)
    client = trilogue.openai.OpenAI(base_url="http://models.test/v1", api_key=KEY, http_client=http)
    client.chat.completions.create(**CHAT, stream=True).close()
    assert closed.wait(5)


def test_copies_share_connections(scripts: Scripts) -> None:
    script = scripts.chat(completion())
    client = openai_client(script)
    client.chat.completions.create(**CHAT)
    client.with_options(max_retries=1).chat.completions.create(**CHAT)
    assert [request["connection"] for request in script.log()] == [1, 1]


def test_closing_a_stream_closes_its_connection(scripts: Scripts) -> None:
    script = scripts.chat({**chunks(*"x" * 50), "end": "stall"})
    with openai_client(script).chat.completions.create(**CHAT, stream=True) as stream:
        next(stream)
    assert script.outcome() == "closed"


def test_other_endpoints_are_the_official_clients_own(scripts: Scripts, sent: list[str]) -> None:
    reply = as_json({"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}], "model": "m"})
    script = scripts.chat(reply)
    embeddings = openai_client(script).embeddings.create(model="m", input="Hi", encoding_format="float")
    assert embeddings.data[0].embedding == [0.5]
    assert sent == []


def test_the_modules_are_loaded_on_demand() -> None:
    program = (
        "import sys, trilogue; trilogue.Client(api_key='k'); "
        "assert not {'openai', 'anthropic', 'pydantic', 'trilogue._official'} & set(sys.modules); "
        "sys.modules['openai'] = None; "
        "import trilogue.openai"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.stderr.endswith("trilogue.openai needs the official client: pip install openai\n")
