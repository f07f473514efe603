"""The wrappers of langsmith and braintrust around clients of this package."""

from __future__ import annotations

import asyncio
from typing import Any

import braintrust
import pytest
from braintrust import logger as braintrust_logger
from conftest import anthropic_client, async_openai_client, openai_client
from langsmith import Client, tracing_context
from langsmith.wrappers import wrap_anthropic, wrap_openai
from replies import chunks, completion, events, message

from scripted import Scripts

CHAT: Any = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


class Recorder(Client):
    """A client of langsmith that records runs instead of sending them."""

    def __init__(self) -> None:
        super().__init__(api_url="http://127.0.0.1:1", api_key="k", auto_batch_tracing=False)
        self.recorded: dict[Any, dict[str, Any]] = {}

    def create_run(self, name: str, inputs: dict[str, Any], **fields: Any) -> None:
        """Record the start of a run."""
        self.recorded[fields["id"]] = {"name": name, "inputs": inputs, **fields}

    def update_run(self, run_id: Any, **fields: Any) -> None:
        """Record the end of a run."""
        self.recorded[run_id].update(fields)


def test_langsmith(scripts: Scripts, sent: list[str]) -> None:
    recorder = Recorder()
    client = wrap_openai(openai_client(scripts.chat(completion(), chunks("Hel", "lo"))))
    anthropic = wrap_anthropic(anthropic_client(scripts.messages(message(), events("Hel", "lo"))))
    with tracing_context(enabled=True, client=recorder):
        assert client.chat.completions.create(**CHAT).choices[0].message.content == "Hello world"
        stream = client.chat.completions.create(**CHAT, stream=True)
        assert "".join(item.choices[0].delta.content or "" for item in stream if item.choices) == "Hello"
        assert anthropic.messages.create(**CHAT, max_tokens=9).content[0].text == "Hello world"
        with anthropic.messages.stream(**CHAT, max_tokens=9) as events_stream:
            assert "".join(events_stream.text_stream) == "Hello"
    assert sent == ["chat", "chat", "messages", "messages"]
    outputs = [run.get("outputs") for run in recorder.recorded.values()]
    assert outputs[0]["choices"][0]["message"]["content"] == "Hello world"
    assert outputs[0]["usage_metadata"]["total_tokens"] == 12
    assert outputs[1]["choices"][0]["message"]["content"] == "Hello"


@pytest.fixture
def spans() -> Any:
    """Record the spans of braintrust instead of sending them."""
    from braintrust.test_helpers import init_test_logger

    with braintrust_logger._internal_with_memory_background_logger() as memory:
        init_test_logger("test")
        yield memory


def test_braintrust(scripts: Scripts, sent: list[str], spans: Any) -> None:
    client = braintrust.wrap_openai(openai_client(scripts.chat(completion(), chunks("Hel", "lo"))))
    assert client.chat.completions.create(**CHAT).choices[0].message.content == "Hello world"
    stream = client.chat.completions.create(**CHAT, stream=True)
    assert "".join(item.choices[0].delta.content or "" for item in stream if item.choices) == "Hello"

    async def run() -> None:
        wrapped = braintrust.wrap_openai(async_openai_client(scripts.chat(completion())))
        assert (await wrapped.chat.completions.create(**CHAT)).choices[0].message.content == "Hello world"

    asyncio.run(run())
    anthropic = braintrust.wrap_anthropic(anthropic_client(scripts.messages(message())))
    assert anthropic.messages.create(**CHAT, max_tokens=9).content[0].text == "Hello world"
    assert sent == ["chat", "chat", "chat", "messages"]
    outputs = [span["output"] for span in spans.pop()]
    assert outputs[0][0]["message"]["content"] == "Hello world"
    assert outputs[1][0]["message"]["content"] == "Hello"
