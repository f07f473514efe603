"""litellm: its `client` argument with clients of this package."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import litellm
import pytest
from conftest import City, async_openai_client, openai_client
from replies import CITY, as_json, call, chunks, completion

from scripted import Scripts

REQUEST: Any = {"model": "openai/m", "messages": [{"role": "user", "content": "Hi"}]}


def test_answers_streams_outputs_and_tools(scripts: Scripts, sent: list[str]) -> None:
    script = scripts.chat(
        completion(),
        chunks("Hel", "lo"),
        completion(json.dumps(CITY)),
        completion(None, tool_calls=call("add", {"a": 1})),
    )
    client = openai_client(script)
    assert litellm.completion(**REQUEST, client=client).choices[0].message.content == "Hello world"
    stream = litellm.completion(**REQUEST, client=client, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "Hello"
    answer = litellm.completion(**REQUEST, client=client, response_format=City)
    assert City.model_validate_json(answer.choices[0].message.content) == City(**CITY)
    tools = [{"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}]
    answer = litellm.completion(**REQUEST, client=client, tools=tools)
    assert json.loads(answer.choices[0].message.tool_calls[0].function.arguments) == {"a": 1}
    assert sent == ["chat"] * 4


def test_asynchronous_answers_and_errors(scripts: Scripts, sent: list[str]) -> None:
    script = scripts.chat(completion(), chunks("Hel", "lo"), as_json({"error": {"message": "busy"}}, 429))

    async def run() -> None:
        client = async_openai_client(script)
        answer = await litellm.acompletion(**REQUEST, client=client)
        assert answer.choices[0].message.content == "Hello world"
        stream = await litellm.acompletion(**REQUEST, client=client, stream=True)
        assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream]) == "Hello"
        with pytest.raises(litellm.RateLimitError):
            await litellm.acompletion(**REQUEST, client=client, max_retries=0)

    asyncio.run(run())
    assert sent == ["chat"] * 3
