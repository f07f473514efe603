"""Clients of httpx send the requests, also to applications in the same process; responses are read in pieces.

Rule: no sockets; the responses come from mock transports and applications.
"""

from __future__ import annotations

import asyncio
import json
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
    async_client,
    chunk,
    client,
    fixed,
)

import trilogue


def test_httpx_with_a_mock_transport() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content).get("stream"):
            return httpx.Response(200, headers=EVENTS, stream=httpx.ByteStream(b"".join(STREAM)))
        return httpx.Response(200, content=COMPLETION, headers=JSON)

    http = httpx.Client(transport=httpx.MockTransport(handler))

    def transport(method: str, url: str, headers: dict[str, str], body: bytes) -> Any:
        request = http.build_request(method, url, headers=headers, content=body)
        response = http.send(request, stream=True)
        return response.status_code, response.headers, response.stream

    completions = client(transport).chat.completions
    assert completions.create(**REQUEST).choices[0].message.content == "Hello"
    assert [item.text for item in completions.create(**REQUEST, stream=True)] == ["Hel", "lo"]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer as an ASGI application, with a stream."""
    message = await receive()
    assert json.loads(message["body"])["stream"] is True
    assert scope["path"] == "/v1/chat/completions"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for part in STREAM:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def test_httpx_with_an_asgi_application() -> None:
    async def run() -> list[str]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(application)) as http:

            async def transport(method: str, url: str, headers: dict[str, str], body: bytes) -> Any:
                request = http.build_request(method, url, headers=headers, content=body)
                response = await http.send(request, stream=True)
                return response.status_code, response.headers, response.stream

            stream = await async_client(transport).chat.completions.create(**REQUEST, stream=True)
            return [item.text async for item in stream]

    assert asyncio.run(run()) == ["Hel", "lo"]


def test_http_client_sends_the_requests() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        del request
        return httpx.Response(200, content=COMPLETION, headers=JSON)

    http = httpx.Client(transport=httpx.MockTransport(handler))
    completions = trilogue.Client(base_url=URL, api_key=KEY, http_client=http).chat.completions
    assert completions.create(**REQUEST).choices[0].message.content == "Hello"


def test_http_client_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(
        trilogue.ConfigurationError,
        match=r"^http_client of a Client must be an httpx\.Client, not an AsyncClient$",
    ):
        trilogue.Client(base_url=URL, api_key=KEY, http_client=httpx.AsyncClient())
    with pytest.raises(
        trilogue.ConfigurationError,
        match=r"^http_client of an AsyncClient must be an httpx\.AsyncClient, not a Client$",
    ):
        trilogue.AsyncClient(base_url=URL, api_key=KEY, http_client=httpx.Client())


def test_transport_and_http_client_exclude_each_other() -> None:
    with pytest.raises(trilogue.ConfigurationError, match="transport and http_client can't be combined"):
        client(fixed(200, JSON, COMPLETION), http_client=httpx.Client())


#: Texts with characters that `str.splitlines` takes for line ends.
SEPARATED = "a\u2028b\u2029c\u0085d"


def test_streaming_responses_are_read_as_lines_and_bytes() -> None:
    replies = {
        False: (JSON, COMPLETION.replace(b"Hello", SEPARATED.encode())),
        True: (EVENTS, chunk(SEPARATED, "stop")),
    }

    def transport(_method: str, _url: str, _headers: Any, body: bytes) -> Any:
        headers, reply = replies[bool(json.loads(body).get("stream"))]
        return 200, headers, reply

    with client(transport).chat.completions.with_streaming_response.create(**REQUEST) as response:
        (line,) = response.iter_lines()
        assert json.loads(line) == json.loads(response.content) == response.json()
        assert response.parse(to=Parsed).value == response.json()
        assert SEPARATED in line
    with client(transport).chat.completions.with_streaming_response.create(**REQUEST, stream=True) as response:
        event, *others = response.iter_lines()
        assert SEPARATED in json.loads(event.removeprefix("data: "))["choices"][0]["delta"]["content"]
        assert others == ["", "data: [DONE]", ""]

    async def run() -> None:
        completions = async_client(transport).chat.completions
        async with completions.with_streaming_response.create(**REQUEST) as response:
            (line,) = [line async for line in response.iter_lines()]
            assert json.loads(line) == json.loads(response.content) == await response.json()
            assert (await response.parse(to=Parsed)).value == await response.json()
        async with completions.with_streaming_response.create(**REQUEST, stream=True) as response:
            assert [line async for line in response.iter_lines()] == [event, *others]

    asyncio.run(run())


class Parsed:
    """A class that responses can be parsed into, as those of pydantic."""

    def __init__(self, value: Any) -> None:
        self.value = value

    @classmethod
    def model_validate(cls, value: Any) -> Parsed:
        """Return an instance of a body."""
        return cls(value)


def test_lists_of_models_have_streaming_responses() -> None:
    models = b'{"data":[{"id":"m"}]}'
    with client(fixed(200, JSON, models)).models.with_streaming_response.list() as response:
        assert [model.id for model in response.parse()] == ["m"]

    async def run() -> None:
        async with async_client(fixed(200, JSON, models)).models.with_streaming_response.list() as response:
            assert [model.id async for model in await response.parse()] == ["m"]

    asyncio.run(run())
