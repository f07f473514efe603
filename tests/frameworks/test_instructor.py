"""instructor: `from_openai` and `from_anthropic` with clients of this package."""

from __future__ import annotations

import asyncio
import json

import instructor
from conftest import City, anthropic_client, async_anthropic_client, async_openai_client, openai_client
from replies import CITY, call, call_chunks, completion, message, use, use_events

from scripted import Scripts

MESSAGES = [{"role": "user", "content": "Which city?"}]
TEXT = json.dumps(CITY)


def test_a_typed_answer(scripts: Scripts, sent: list[str]) -> None:
    wrong = {"name": "Paris", "population": "many"}
    script = scripts.chat(
        completion(None, tool_calls=call("City", wrong)), completion(None, tool_calls=call("City", CITY))
    )
    client = instructor.from_openai(openai_client(script))
    city, reply = client.chat.completions.create_with_completion(model="m", messages=MESSAGES, response_model=City)
    assert isinstance(city, City)
    assert city.model_dump() == CITY
    # The usage of the try that failed is included.
    assert reply.usage.total_tokens == 24
    assert sent == ["chat", "chat"]


def test_an_asynchronous_typed_answer(scripts: Scripts) -> None:
    client = instructor.from_openai(async_openai_client(scripts.chat(completion(TEXT))), mode=instructor.Mode.JSON)
    work = client.chat.completions.create(model="m", messages=MESSAGES, response_model=City)
    assert asyncio.run(work).model_dump() == CITY


def test_a_stream_of_partial_answers(scripts: Scripts, sent: list[str]) -> None:
    client = instructor.from_openai(openai_client(scripts.chat(call_chunks("City", TEXT[:18], TEXT[18:]))))
    cities = list(client.chat.completions.create_partial(model="m", messages=MESSAGES, response_model=City))
    assert cities[-1].model_dump() == CITY
    assert sent == ["chat"]


def test_a_typed_answer_of_anthropic(scripts: Scripts, sent: list[str]) -> None:
    script = scripts.messages(message(use("City", CITY)))
    client = instructor.from_anthropic(anthropic_client(script))
    city = client.messages.create(model="m", max_tokens=100, messages=MESSAGES, response_model=City)
    assert isinstance(city, City)
    assert city.model_dump() == CITY

    client = instructor.from_anthropic(async_anthropic_client(script))
    work = client.messages.create(model="m", max_tokens=100, messages=MESSAGES, response_model=City)
    assert asyncio.run(work).model_dump() == CITY
    assert sent == ["messages", "messages"]


def test_a_stream_of_partial_answers_of_anthropic(scripts: Scripts, sent: list[str]) -> None:
    script = scripts.messages(use_events("City", TEXT[:18], TEXT[18:]))
    client = instructor.from_anthropic(anthropic_client(script))
    cities = list(client.messages.create_partial(model="m", max_tokens=100, messages=MESSAGES, response_model=City))
    assert cities[-1].model_dump() == CITY
    assert sent == ["messages"]
