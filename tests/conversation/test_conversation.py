"""Tests of conversations: the cases shared by all languages, and conversations with a server in both formats.

The tests use the installed package and servers with scripted responses, and check the requests.
"""

from __future__ import annotations

import asyncio
import copy
import json
import os
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import CASES, MODEL, ROOT

import trilogue
from scripted import Script, Scripts
from trilogue import APIError, AsyncClient, Client, Conversation, InvalidRequestError

SCRIPTS: dict[str, Any] = json.loads((ROOT / "tests/conversation/scripts.json").read_text())
#: Folder for conversations that the tests of other languages read.
EXCHANGE = Path(os.environ["TRILOGUE_EXCHANGE"])
QUESTION = {"role": "user", "content": "Weather in Oslo?"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}

calls: list[str] = []


@trilogue.tool
def weather(city: str) -> str:
    """Return the weather."""
    calls.append(city)
    return "Rain"


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


def contains(actual: Any, expected: Any) -> bool:
    """Return whether `actual` has everything in `expected`. Objects may have extra members, lists may not have extra items."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(contains(actual.get(name), value) for name, value in expected.items())
    if isinstance(expected, list):
        return isinstance(actual, list) and len(actual) == len(expected) and all(map(contains, actual, expected))
    return bool(actual == expected)


def plain(value: Any) -> Any:
    """Return the plain value of an object of the package."""
    return value.to_dict() if hasattr(value, "to_dict") else value


def run_step(conversation: Conversation, do: str, arguments: dict[str, Any]) -> Any:
    """Run a step of a case with the public API, and return its result in the format of the cases."""
    if do == "say":
        conversation.say(arguments["content"])
    elif do == "request":
        return conversation.request(format=arguments.get("format"), **arguments.get("parameters", {}))
    elif do == "messages":
        if "format" not in arguments:
            return {"messages": conversation.messages}
        other = copy.copy(conversation)
        other.format = arguments["format"]
        return {"messages": other.messages}
    elif do == "take":
        return {"calls": [plain(call) for call in conversation.take(arguments["reply"])]}
    elif do == "partial":
        return {"kept": conversation.take_partial(arguments["reply"], arguments["why"])}
    elif do == "results":
        return {"calls": [plain(call) for call in conversation.results(arguments["results"])]}
    elif do == "undo":
        return {"content": conversation.undo()}
    elif do == "edit":
        conversation.edit(arguments["at"], arguments["content"])
    elif do == "retry":
        conversation.retry()
    elif do == "resume":
        conversation.resume()
    elif do == "set":
        for name, value in arguments["settings"].items():
            if not hasattr(type(conversation), name):
                message = f'unknown option "{name}"'
                raise InvalidRequestError(message)
            setattr(conversation, name, value)
    elif do == "turns":
        return {"turns": [plain(turn) for turn in conversation.turns]}
    elif do == "next":
        return {"next": conversation.next, "calls": [plain(call) for call in conversation.calls]}
    elif do == "totals":
        return {"usage": plain(conversation.usage), "cost": plain(conversation.cost)}
    else:
        pytest.fail(f"unknown step {do}")
    return None


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["about"])
def test_shared_cases(case: dict[str, Any]) -> None:
    settings = case["make"]["settings"]
    conversation = Conversation(**settings, messages=case["make"].get("messages"))
    if "messages" in case["make"]:
        conversation = Conversation.from_json({**settings, "messages": case["make"]["messages"]})
    for number, expected in enumerate(case["steps"]):
        context = f"step {number}: {expected['do']}"
        if "error" in expected:
            before = conversation.to_json()
            with pytest.raises(InvalidRequestError) as error:
                run_step(conversation, expected["do"], expected["with"])
            assert expected["error"] in str(error.value), context
            assert conversation.to_json() == before, context
            continue
        actual = run_step(conversation, expected["do"], expected["with"])
        if "is" in expected:
            assert actual == expected["is"], context
        if "has" in expected:
            assert contains(actual, expected["has"]), (context, actual)


def test_serialization() -> None:
    saved = Conversation.from_json(CASES["kept"])
    assert saved.to_dict() == CASES["kept"]
    assert Conversation.from_json(saved.to_json(indent=2).encode()).to_json() == saved.to_json()
    again = pickle.loads(pickle.dumps(saved))  # noqa: S301
    assert again.to_json() == copy.deepcopy(saved).to_json() == saved.to_json()
    assert saved.cost.total == Decimal("0.100000000000000001")
    assert Conversation.from_json(CASES["old"]).turns[1].partial == "stopped"


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["about"])
def test_invalid_conversations_are_rejected_with_a_reason(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as error:
        Conversation.from_json(case["text"])
    assert case["error"] in str(error.value)


def start(script: Script, **settings: Any) -> tuple[Client, Conversation]:
    return Client(base_url=script.url), Conversation(model=MODEL, system="Be brief.", tools=[weather], **settings)


def test_tools_and_reasoning_in_both_formats(serve: Scripts) -> None:
    script = serve(*SCRIPTS["tools"])
    client, conversation = start(script, parameters={"temperature": 0.5})
    events = list(conversation.stream(client, "Weather in Oslo?"))
    kinds = [event.type for event in events if event.type not in ("raw", "usage")]
    for kind in ("reasoning", "tool_call_done", "tool.start", "tool.done", "text"):
        assert kind in kinds
    assert calls == ["Oslo"]
    conversation.format = "messages"
    stream = conversation.stream(client, "Thanks", max_tokens=50)
    assert stream.until_done().text == "You are welcome."
    first, second, third = script.bodies()
    system = {"role": "system", "content": "Be brief."}
    assert first["messages"] == [system, QUESTION]
    assert first["temperature"] == 0.5
    assert first["stream_options"] == {"include_usage": True}
    assert second["messages"] == [
        system,
        QUESTION,
        {"role": "assistant", "content": None, "tool_calls": [CALL], "reasoning": "I need the tool."},
        {"role": "tool", "tool_call_id": "call_1", "content": "Rain"},
    ]
    assert third["system"] == "Be brief."
    assert third["max_tokens"] == 50
    assert third["messages"] == [
        QUESTION,
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Oslo"}}],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "Rain"}]},
        {"role": "assistant", "content": "It rains. "},
        {"role": "user", "content": "Thanks"},
    ]
    assert third["tools"][0]["input_schema"]["required"] == ["city"]
    assert (conversation.usage.answers, conversation.usage.input_tokens) == (3, 3000)
    assert conversation.cost.total == 3 * (Decimal("0.000039") + Decimal("0.000019"))
    EXCHANGE.mkdir(parents=True, exist_ok=True)
    (EXCHANGE / "python.json").write_text(conversation.to_json(), encoding="utf-8")


def test_signed_thinking_is_sent_back(serve: Scripts) -> None:
    script = serve(*SCRIPTS["signed"])
    client, conversation = start(script, format="messages")
    assert conversation.stream(client, "Weather in Oslo?").until_done().text == "It rains."
    conversation.stream(client, "Thanks").until_done()
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "sig=="}
    for body in script.bodies()[1:]:
        answer = body["messages"][1]
        assert answer["content"][0] == thinking
        assert [block["type"] for block in answer["content"]] == ["thinking", "text", "tool_use"]
    assert conversation.turns[1].reasoning == "Hm."


def test_stopped_stream_keeps_the_partial_answer(serve: Scripts) -> None:
    script = serve(*SCRIPTS["stopped"])
    client, conversation = start(script)
    with conversation.stream(client, "Count") as stream:
        for event in stream:
            if event.type == "text" and "two" in event.text:
                with pytest.raises(InvalidRequestError, match="on its way"):
                    conversation.say("Hey")
                break
    assert not conversation.is_busy
    turn = conversation.turns[-1]
    assert (turn.text, turn.partial) == ("One two ", "stopped")
    conversation.resume().send(client)
    assert conversation.turns[-1].text == "One two three"
    assert conversation.turns[-1].partial is None
    conversation.retry().send(client)
    assert [turn.text for turn in conversation.turns] == ["Count", "Anew"]
    _, resumed, anew = script.bodies()
    assert [message["role"] for message in resumed["messages"]] == ["system", "user", "assistant", "user"]
    assert resumed["messages"][2]["content"] == "One two "
    assert [message["role"] for message in anew["messages"]] == ["system", "user"]
    assert conversation.usage.answers == 3


def test_truncated_stream_keeps_the_partial_answer(serve: Scripts) -> None:
    script = serve(*SCRIPTS["truncated"])
    client, conversation = start(script)
    with pytest.raises(trilogue.IncompleteStreamError):
        conversation.stream(client, "Count").until_done()
    turn = conversation.turns[-1]
    assert (turn.text, turn.partial) == ("One two ", "IncompleteStreamError")
    conversation.send(client, "Go on")
    assert script.bodies()[1]["messages"][2]["content"] == "One two \n\n[This answer was cut off here.]"


def test_failed_call_keeps_the_question(serve: Scripts) -> None:
    script = serve(*SCRIPTS["rejected"])
    client, conversation = start(script)
    with pytest.raises(trilogue.BadRequestError):
        conversation.send(client, "One?")
    assert (conversation.next, len(conversation), conversation.is_busy) == ("model", 1, False)
    conversation.send(client, "Two?")
    assert [turn.text for turn in conversation.turns] == ["Two?", "Fine"]
    assert script.bodies()[1]["messages"][1:] == [{"role": "user", "content": "Two?"}]


def test_tools_run_once_if_the_next_step_fails(serve: Scripts) -> None:
    script = serve(*SCRIPTS["fails"])
    client, conversation = start(script)
    with pytest.raises(APIError):
        conversation.send(client, "Weather in Oslo?")
    assert (conversation.next, [turn.role for turn in conversation.turns]) == ("model", ["user", "assistant", "tool"])
    assert conversation.send(client).choices[0].message.content == "It rains."
    assert calls == ["Oslo"]
    assert [message["role"] for message in script.bodies()[2]["messages"]] == ["system", "user", "assistant", "tool"]
    assert conversation.undo() == "Weather in Oslo?"
    assert len(conversation) == 0


def test_run_stopped_during_tools_can_be_continued(serve: Scripts) -> None:
    script = serve(SCRIPTS["tools"][0], SCRIPTS["non_streaming"][1])
    client, conversation = start(script)
    with conversation.stream(client, "Weather in Oslo?") as stream:
        for event in stream:
            if event.type == "tool.start":
                break
    saved = conversation.to_json()
    conversation = Conversation.from_json(saved, tools=[weather])
    assert (conversation.next, [call.arguments for call in conversation.calls]) == ("results", [{"city": "Oslo"}])
    conversation.send(client)
    assert conversation.turns[-1].text == "It rains."
    undone = Conversation.from_json(saved)
    assert undone.undo() == "Weather in Oslo?"


def test_tools_without_functions_wait_for_results(serve: Scripts) -> None:
    script = serve(*SCRIPTS["caller_tools"])
    client, conversation = start(script)
    conversation.tools = [
        weather,
        {"type": "function", "function": {"name": "ask_user", "parameters": {"type": "object"}}},
    ]
    conversation.send(client, "Hi")
    (call,) = conversation.calls
    with pytest.raises(InvalidRequestError, match="results"):
        conversation.send(client)
    conversation.results([{"id": call.id, "content": "Yes"}])
    conversation.send(client)
    assert conversation.turns[-1].text == "Thanks"
    assert len(script.bodies()[1]["tools"]) == 2


def test_invalid_tool_calls_are_reported_to_the_model(serve: Scripts) -> None:
    script = serve(*SCRIPTS["invalid_calls"])
    client, conversation = start(script)
    conversation.send(client, "Hi")
    unknown, invalid = script.bodies()[1]["messages"][-2:]
    assert 'there is no tool "wether"' in unknown["content"]
    assert "don't fit weather" in invalid["content"]
    assert calls == []


def test_endless_tool_run_is_stopped(serve: Scripts) -> None:
    script = serve(*SCRIPTS["endless"])
    client, conversation = start(script)
    with pytest.raises(trilogue.ToolRunError, match="after 2 steps"):
        conversation.send(client, "Hi", max_steps=2)
    assert conversation.next == "results"


def test_requests_without_send(serve: Scripts) -> None:
    script = serve(*SCRIPTS["simple"])
    client, conversation = start(script)
    conversation.say("Hi")
    conversation.take(client.chat.completions.create(**conversation.request(seed=7)))
    assert conversation.turns[-1].text == "Hello"
    assert script.bodies()[0]["seed"] == 7
    branch = conversation.fork(at=1)
    branch.edit(0, "Hey").send(client)
    assert [turn.text for turn in conversation.turns] == ["Hi", "Hello"]
    assert [turn.text for turn in branch.turns] == ["Hey", "Hello"]
    assert branch.usage.answers == 1


def test_async_client(serve: Scripts) -> None:
    async def run() -> None:
        script = serve(*SCRIPTS["tools"])
        client, conversation = AsyncClient(base_url=script.url), Conversation(model=MODEL, tools=[weather])
        kinds = [event.type async for event in conversation.stream(client, "Weather in Oslo?")]
        assert "tool.done" in kinds
        assert calls == ["Oslo"]
        script = serve(*SCRIPTS["stopped"])
        client, conversation = AsyncClient(base_url=script.url), Conversation(model=MODEL)
        async with conversation.stream(client, "Count") as stream:
            async for event in stream:
                if event.type == "text" and "two" in event.text:
                    break
        assert conversation.turns[-1].partial == "stopped"
        reply = await conversation.resume().send(client)
        assert reply.usage is not None
        assert conversation.turns[-1].text == "One two three"

    asyncio.run(run())


def test_parameter_ranges(serve: Scripts) -> None:
    script = serve(*SCRIPTS["simple"])
    known: dict[str, Any] = {"model": MODEL, "messages": [QUESTION]}
    other: dict[str, Any] = {"model": "other", "messages": [QUESTION]}
    with pytest.raises(
        InvalidRequestError, match="temperature is 3: openai-gpt-oss-120b takes a number from 0 to 2"
    ) as error:
        Client(base_url=script.url).chat.completions.create(**known, temperature=3)
    assert error.value.param == "temperature"
    assert "off" in str(error.value)
    with pytest.raises(InvalidRequestError, match="max_completion_tokens is 0"):
        Client(base_url=script.url).chat.completions.create(**known, max_completion_tokens=0)
    assert script.bodies() == []
    Client(base_url=script.url).chat.completions.create(**other, temperature=3)
    with pytest.raises(InvalidRequestError, match="temperature is 3: the chat format takes a number from 0 to 2"):
        Client(base_url=script.url, parameters="error").chat.completions.create(**other, temperature=3)
    with pytest.raises(InvalidRequestError, match="the messages format takes a number from 0 to 1"):
        Client(base_url=script.url, parameters="error").messages.create(**other, max_tokens=9, temperature=2)
    with pytest.warns(UserWarning, match="top_p is 1.5") as warnings:
        Client(base_url=script.url, parameters="warn").chat.completions.create(**known, top_p=1.5)
    assert warnings[0].filename == __file__
    Client(base_url=script.url, parameters="off").chat.completions.create(**known, temperature=3)
    assert [body.get("temperature") for body in script.bodies()] == [3, None, 3]
    with pytest.raises(trilogue.ConfigurationError, match="error, warn or off"):
        Client(base_url=script.url, parameters="maybe")  # type: ignore[arg-type]


def test_preset_matches_the_product_page() -> None:
    preset = trilogue.preset(MODEL)
    assert preset == {
        "model": MODEL,
        "system": "You are a helpful AI assistant specialized in providing accurate and detailed responses.",
        "parameters": {
            "temperature": 0.7,
            "max_tokens": 1000,
            "top_p": 0.9,
            "frequency_penalty": 0,
            "presence_penalty": 0,
        },
    }
    assert trilogue.catalog["xiaomi-mimo-v2-pro"].preset() == {"model": "xiaomi-mimo-v2-pro", "parameters": {}}
    conversation = Conversation(**preset).say("Hi")
    assert conversation.request()["frequency_penalty"] == 0
    assert "frequency_penalty" not in conversation.request(format="messages")
