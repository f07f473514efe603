"""outlines: `from_openai` and `from_anthropic` with clients of this package."""

from __future__ import annotations

import asyncio
import json

import outlines
from conftest import City, anthropic_client, async_openai_client, openai_client
from replies import CITY, chunks, completion, events, message

from scripted import Scripts


def test_answers_streams_and_outputs(scripts: Scripts, sent: list[str]) -> None:
    text = json.dumps(CITY)
    script = scripts.chat(completion(), completion(text), chunks("Hel", "lo"), completion())
    model = outlines.from_openai(openai_client(script), "m")
    assert model("Hi") == "Hello world"
    assert City.model_validate_json(model("Which city?", City)) == City(**CITY)
    assert "".join(model.stream("Hi")) == "Hello"
    assert asyncio.run(outlines.from_openai(async_openai_client(script), "m")("Hi")) == "Hello world"
    assert sent == ["chat"] * 4


def test_anthropic(scripts: Scripts, sent: list[str]) -> None:
    model = outlines.from_anthropic(anthropic_client(scripts.messages(message(), events("Hel", "lo"))), "m")
    assert model("Hi", max_tokens=100) == "Hello world"
    assert "".join(model.stream("Hi", max_tokens=100)) == "Hello"
    assert sent == ["messages"] * 2
