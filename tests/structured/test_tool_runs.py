"""Runs of tools, in both formats and with both clients.

Uses the installed package and a real socket; the model is a script.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import threading
import time
from typing import Any

import pytest
from conftest import ASK, ASK_MESSAGE, chat_calls, chat_stream, message_stream, weather

import trilogue
from scripted import Script, Scripts
from trilogue import AsyncClient, Client, tool

CALLS = [("1", "weather", '{"city": "Paris", "days": 2}'), ("2", "weather", '{"city": "Rome"}')]


def _start(scripts: Scripts, endpoint: str, *turns: list[tuple[str, str, str]]) -> Script:
    """Start a server whose model calls tools in some turns, and then answers."""
    if endpoint == "chat":
        return scripts.chat(*(chat_calls(*calls) for calls in turns), chat_stream("Do", "ne."))
    results = [message_stream(*(("tool_use", *call) for call in calls), reason="tool_use") for calls in turns]
    return scripts.messages(*results, message_stream(("Do", "ne.")))


class _Ended:
    """The events and the result of a run."""

    def __init__(self, runner: Any, events: list[Any], final: Any) -> None:
        self.runner = runner
        self.events = events
        self.done = [event for event in events if event.type == "tool.done"]
        self.text = final.choices[0].message.content if hasattr(final, "choices") else final.text


def _run(script: Script, endpoint: str, kind: str, tools: list[Any], **options: Any) -> _Ended:
    """Run tools with either client."""
    if kind == "sync":
        client = Client(base_url=script.url)
        runner: Any
        if endpoint == "chat":
            runner = client.chat.completions.run_tools(**ASK, tools=tools, **options)
        else:
            runner = client.messages.run_tools(**ASK_MESSAGE, tools=tools, **options)
        return _Ended(runner, list(runner), runner.until_done())

    async def run() -> _Ended:
        client = AsyncClient(base_url=script.url)
        runner: Any
        if endpoint == "chat":
            runner = client.chat.completions.run_tools(**ASK, tools=tools, **options)
        else:
            runner = client.messages.run_tools(**ASK_MESSAGE, tools=tools, **options)
        return _Ended(runner, [event async for event in runner], await runner.until_done())

    return asyncio.run(run())


both = pytest.mark.parametrize("kind", ["sync", "async"])
formats = pytest.mark.parametrize("endpoint", ["chat", "messages"])


@both
@formats
def test_tools_run_until_the_model_answers(scripts: Scripts, endpoint: str, kind: str) -> None:
    script = _start(scripts, endpoint, CALLS[:1], CALLS[1:])
    ended = _run(script, endpoint, kind, [weather])
    assert ended.text == "Done."
    kinds = [event.type for event in ended.events if event.type.startswith("tool.")]
    assert kinds == ["tool.start", "tool.done"] * 2
    assert "".join(event.text_delta for event in ended.events) == "Done."
    assert (ended.done[0].id, ended.done[0].name) == ("1", "weather")
    assert ended.done[0].arguments == {"city": "Paris", "days": 2}
    assert ended.done[1].result == '{"city": "Rome", "days": 1, "unit": "C"}'
    assert len(ended.runner.usage) == 3
    bodies = script.bodies()
    roles = [message["role"] for message in bodies[2]["messages"]]
    if endpoint == "chat":
        assert bodies[0]["tools"][0]["function"]["name"] == "weather"
        assert roles == ["user", "assistant", "tool", "assistant", "tool"]
        results = bodies[2]["messages"][4]
        assert (results["tool_call_id"], results["content"]) == ("2", ended.done[1].result)
    else:
        assert bodies[0]["tools"][0]["input_schema"]["required"] == ["city"]
        assert roles == ["user", "assistant", "user", "assistant", "user"]
        assert bodies[2]["messages"][4]["content"][0]["content"] == ended.done[1].result
    assert [message["role"] for message in ended.runner.messages] == [*roles, "assistant"]


@both
@formats
def test_several_calls_run_concurrently(scripts: Scripts, endpoint: str, kind: str) -> None:
    barrier = threading.Barrier(2, timeout=5)

    def meet(who: str) -> str:
        barrier.wait()
        return who

    loop_events: list[asyncio.Event] = []

    async def meet_async(who: str) -> str:
        if kind == "sync":
            barrier.wait()
            return who
        if not loop_events:
            loop_events.append(asyncio.Event())
            await asyncio.wait_for(loop_events[0].wait(), 5)
        else:
            loop_events[0].set()
        return who

    for function in (meet, meet_async):
        calls = [("1", "m", '{"who": "a"}'), ("2", "m", '{"who": "b"}')]
        script = _start(scripts, endpoint, calls)
        ended = _run(script, endpoint, kind, [tool(name="m")(function)])
        assert sorted(event.result for event in ended.done) == ["a", "b"]
        results = script.bodies()[1]["messages"]
        results = (
            [turn["content"] for turn in results[2:]]
            if endpoint == "chat"
            else [one["content"] for one in results[2]["content"]]
        )
        # In the order of the calls, in any order of their ends.
        assert results == ["a", "b"]


@both
@formats
def test_wrong_calls_are_reported_to_the_model(scripts: Scripts, endpoint: str, kind: str) -> None:
    calls = [("1", "whether", "{}"), ("2", "weather", '{"days": "x"}')]
    if endpoint == "chat":
        calls.append(("3", "weather", '{"city": '))
    script = _start(scripts, endpoint, calls)
    ended = _run(script, endpoint, kind, [weather])
    assert ended.text == "Done."
    errors = {event.id: event.error for event in ended.done}
    assert "there is no tool" in errors["1"]
    assert "weather" in errors["1"]
    assert "/city: is missing" in errors["2"]
    assert '/days: is a string ("x"), not an integer' in errors["2"]
    if endpoint == "chat":
        assert "not a JSON object" in errors["3"]
    else:
        assert all(one["is_error"] for one in script.bodies()[1]["messages"][2]["content"])


#: Arguments that are no JSON, that were cut, and JSON that is no object.
UNREADABLE = ['{"path": /tmp}', '{"path": "/tm', "gaben", "5", '"x"', "[1]", '{"path": "/"} and more']


def _turn(script: Script, endpoint: str) -> tuple[list[Any], list[str]]:
    """Return the arguments of the calls that were sent back, and the contents of their results."""
    turn, *results = script.bodies()[1]["messages"][1:]
    if endpoint == "chat":
        assert all(set(call) == {"id", "type", "function"} for call in turn["tool_calls"])
        return [json.loads(call["function"]["arguments"]) for call in turn["tool_calls"]], [
            one["content"] for one in results
        ]
    assert all(set(block) == {"type", "id", "name", "input"} for block in turn["content"])
    return [block["input"] for block in turn["content"]], [one["content"] for one in results[0]["content"]]


@both
@formats
@pytest.mark.parametrize("written", UNREADABLE)
def test_a_call_whose_arguments_cannot_be_read_is_not_run(
    scripts: Scripts, endpoint: str, kind: str, written: str
) -> None:
    ran: list[str] = []

    def delete(path: str = "/") -> str:
        ran.append(path)
        return "gone"

    calls = [("1", "delete", written), ("2", "weather", '{"city": "Rome"}')]
    script = _start(scripts, endpoint, calls)
    # The mistake is the model's, and doesn't end the run.
    ended = _run(script, endpoint, kind, [delete, weather], on_tool_error="raise")
    assert (ran, ended.text) == ([], "Done.")
    sent, results = _turn(script, endpoint)
    assert sent == [{}, {"city": "Rome"}]
    assert "not a JSON object" in results[0]
    assert f"you wrote: {written}" in results[0]
    assert "Rome" in results[1]
    if endpoint == "messages":
        assert script.bodies()[1]["messages"][2]["content"][0]["is_error"] is True
    # A conversation does the same, also one that was saved before the call had a result.
    other = _start(scripts, endpoint, calls)
    conversation = trilogue.Conversation(model="m", format=endpoint, tools=[delete, weather])  # type: ignore[arg-type]
    conversation.stream(Client(base_url=other.url), "Hi").until_done()
    assert ran == []
    assert other.bodies()[1]["messages"] == script.bodies()[1]["messages"]


#: Arguments that servers write in other ways, and what they mean.
OTHER_SHAPES = [
    (json.dumps('{"city": "Oslo"}'), "Oslo"),
    ('{}{"city": "Oslo"}', "Oslo"),
    ("null", "nowhere"),
    ("[]", "nowhere"),
    ("{}", "nowhere"),
    ("", "nowhere"),
]


@both
@formats
@pytest.mark.parametrize("name", ["locate", "functions.locate", "<|channel|>commentary to=functions.locate"])
def test_calls_in_other_shapes_are_run(scripts: Scripts, endpoint: str, kind: str, name: str) -> None:
    ran: list[str] = []

    def locate(city: str = "nowhere") -> str:
        ran.append(city)
        return "there"

    calls = [(str(place), name, written) for place, (written, _) in enumerate(OTHER_SHAPES)]
    script = _start(scripts, endpoint, calls)
    _run(script, endpoint, kind, [locate])
    expected = [city for _, city in OTHER_SHAPES]
    assert sorted(ran) == sorted(expected)
    sent, results = _turn(script, endpoint)
    assert sent == [{} if city == "nowhere" else {"city": city} for city in expected]
    assert results == ["there"] * len(expected)


@formats
def test_long_arguments_are_quoted_in_part(scripts: Scripts, endpoint: str) -> None:
    script = _start(scripts, endpoint, [("1", "weather", "x" * 10_000)])
    _run(script, endpoint, "sync", [weather])
    assert len(_turn(script, endpoint)[1][0]) < 500


@both
@formats
def test_the_last_call_of_a_cut_off_reply_is_run_if_it_is_complete(scripts: Scripts, endpoint: str, kind: str) -> None:
    ran: list[str] = []

    def delete(path: str = "/") -> str:
        ran.append(path)
        return "gone"

    for written, expected in [("", []), ("{}", []), ('{"path": "/a', []), ('{"path": "/a"}', ["/a"])]:
        ran.clear()
        if endpoint == "chat":
            function = {"name": "delete", "arguments": written}
            call = {"index": 0, "id": "1", "type": "function", "function": function}
            script = scripts.chat(chat_stream({"tool_calls": [call]}, reason="length"), chat_stream("Done."))
        else:
            block = ("tool_use", "1", "delete", written)
            script = scripts.messages(message_stream(block, reason="max_tokens"), message_stream(("Done.",)))
        _run(script, endpoint, kind, [delete])
        sent, results = _turn(script, endpoint)
        assert ran == expected
        assert sent == [{"path": "/a"} if expected else {}]
        assert ("length limit" in results[0]) is not bool(expected)


@formats
def test_a_lone_surrogate_becomes_the_replacement_character(scripts: Scripts, endpoint: str) -> None:
    script = _start(scripts, endpoint, [("1", "weather", '{"city": "\\ud83e"}')])
    _run(script, endpoint, "sync", [tool(name="weather")(lambda city: f"{city} \udd80")])
    results = script.bodies()[1]["messages"][2]
    assert (results if endpoint == "chat" else results["content"][0])["content"] == "\ufffd \ufffd"


@both
@formats
def test_a_tool_that_fails(scripts: Scripts, endpoint: str, kind: str) -> None:
    def weather(city: str) -> str:
        message = f"no {city}"
        raise LookupError(message)

    script = _start(scripts, endpoint, CALLS[1:])
    assert _run(script, endpoint, kind, [weather]).done[0].error == "LookupError: no Rome"
    script = _start(scripts, endpoint, CALLS[1:])
    with pytest.raises(trilogue.ToolRunError, match="no Rome") as caught:
        _run(script, endpoint, kind, [weather], on_tool_error="raise")
    assert isinstance(caught.value.__cause__, LookupError)
    assert caught.value.partial is not None
    assert len(script.bodies()) == 1


@both
@formats
def test_a_tool_that_exceeds_its_time_limit(scripts: Scripts, endpoint: str, kind: str) -> None:
    def slow(city: str) -> str:
        time.sleep(30)
        return city

    async def slow_async(city: str) -> str:
        await asyncio.sleep(30)
        return city

    for function in (slow, slow_async):
        script = _start(scripts, endpoint, [CALLS[1], ("9", "fast", "{}")])
        tools = [tool(name="weather")(function), tool(name="fast")(lambda: 1)]
        started = time.monotonic()
        ended = _run(script, endpoint, kind, tools, tool_timeout=0.2, on_tool_error="raise")
        assert time.monotonic() - started < 10
        results = {event.id: event.get("result") or event.error for event in ended.done}
        # The same text in every language.
        assert results == {"9": "1", "2": "weather took longer than 0.2 seconds"}


@both
@formats
def test_a_run_ends_at_its_last_step(scripts: Scripts, endpoint: str, kind: str) -> None:
    script = _start(scripts, endpoint, CALLS, CALLS, CALLS)
    with pytest.raises(trilogue.ToolRunError, match="after 2 steps") as caught:
        _run(script, endpoint, kind, [weather], max_steps=2)
    assert len(script.bodies()) == len(caught.value.tries) == 2
    assert isinstance(
        caught.value.partial, trilogue.types.ChatCompletion if endpoint == "chat" else trilogue.types.Message
    )


def test_arguments_are_instances(scripts: Scripts) -> None:
    import pydantic

    class Order(pydantic.BaseModel):
        sku: str
        when: datetime.date

    got: list[Any] = []

    def buy(orders, note=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        got.append((orders, note))
        return orders

    # With annotations that are not strings, since the model is not a name of the module.
    buy.__annotations__ = {"orders": list[Order], "note": str | None}
    script = _start(scripts, "chat", [("1", "buy", '{"orders": [{"sku": "a", "when": "2024-01-02"}]}')])
    ended = _run(script, "chat", "sync", [buy])
    assert got == [([Order(sku="a", when=datetime.date(2024, 1, 2))], None)]
    assert json.loads(ended.done[0].result) == [{"sku": "a", "when": "2024-01-02"}]
    parameters = script.bodies()[0]["tools"][0]["function"]["parameters"]
    assert parameters["properties"]["orders"]["items"] == {"$ref": "#/$defs/Order"}


DETAILS = [{"type": "reasoning.encrypted", "data": "abc", "index": 0}]


@both
@pytest.mark.parametrize(
    ("endpoint", "called", "sent"),
    [
        ("chat", chat_calls(CALLS[1], thought={"reasoning": "Rome?"}), {"reasoning": "Rome?"}),
        ("chat", chat_calls(CALLS[1], thought={"reasoning_content": "Rome?"}), {"reasoning_content": "Rome?"}),
        ("chat", chat_calls(CALLS[1], thought={"reasoning_details": DETAILS}), {"reasoning_details": DETAILS}),
        (
            "messages",
            message_stream(
                ("thinking", "Rome?", "sig=="),
                ("thinking", "Sure."),
                ("tool_use", "2", "weather", '{"city": "Rome"}'),
                reason="tool_use",
            ),
            {
                "content": [
                    {"type": "thinking", "thinking": "Rome?", "signature": "sig=="},
                    {"type": "thinking", "thinking": "Sure.", "signature": ""},
                    {"type": "tool_use", "id": "2", "name": "weather", "input": {"city": "Rome"}},
                ]
            },
        ),
    ],
)
def test_reasoning_is_sent_back(
    scripts: Scripts, endpoint: str, called: dict[str, Any], sent: dict[str, Any], kind: str
) -> None:
    answer = chat_stream({"reasoning": "Done?"}, "Done.") if endpoint == "chat" else message_stream(("Done.",))
    script = scripts(called, answer, endpoint=endpoint)
    ended = _run(script, endpoint, kind, [weather])
    turn = script.bodies()[1]["messages"][1]
    assert {name: turn[name] for name in sent} == sent
    assert "reasoning_field" not in turn
    # A turn without calls needs no reasoning.
    assert ended.runner.messages[-1] == {
        "role": "assistant",
        "content": "Done." if endpoint == "chat" else [{"type": "text", "text": "Done."}],
    }
    # A conversation sends the same text.
    other = scripts(called, answer, endpoint=endpoint)
    conversation = trilogue.Conversation(model="m", format=endpoint, tools=[weather])  # type: ignore[arg-type]
    conversation.stream(Client(base_url=other.url), "Hi").until_done()
    assert other.bodies()[1]["messages"] == script.bodies()[1]["messages"]


@both
def test_reasoning_is_sent_back_under_the_name_of_the_endpoint(scripts: Scripts, kind: str) -> None:
    script = scripts.chat(chat_calls(CALLS[1], thought={"reasoning": "Rome?"}), chat_stream("Done."))
    _run(script, "chat", kind, [weather], reasoning_field="reasoning_content")
    turn = script.bodies()[1]["messages"][1]
    assert (turn["reasoning_content"], "reasoning" in turn) == ("Rome?", False)


def test_a_forced_choice_applies_to_the_first_step_only(scripts: Scripts) -> None:
    for choice in ("required", {"type": "function", "function": {"name": "weather"}}):
        script = _start(scripts, "chat", CALLS)
        _run(script, "chat", "sync", [weather], tool_choice=choice)
        assert [body["tool_choice"] for body in script.bodies()] == [choice, "auto"]
    forced = {"type": "any", "disable_parallel_tool_use": True}
    script = _start(scripts, "messages", CALLS)
    _run(script, "messages", "sync", [weather], tool_choice=forced)
    assert script.bodies()[1]["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}


def test_tools_of_the_provider_are_sent_unchanged(scripts: Scripts) -> None:
    search = {"type": "web_search_20250305", "name": "web_search"}
    paused = message_stream(("Let me",), reason="pause_turn")
    script = scripts.messages(paused, message_stream(("Found.",)))
    ended = _run(script, "messages", "sync", [weather, search])
    assert ended.text == "Found."
    bodies = script.bodies()
    assert [tool["name"] for tool in bodies[0]["tools"]] == ["weather", "web_search"]
    assert bodies[1]["messages"][-1] == {"role": "assistant", "content": [{"type": "text", "text": "Let me"}]}


def test_a_run_that_is_left_closes_its_stream(scripts: Scripts) -> None:
    script = scripts.chat(chat_stream("a", "b", stalls=True))
    with Client(base_url=script.url).chat.completions.run_tools(**ASK, tools=[weather]) as runner:
        for event in runner:
            if event.type == "content.delta":
                break
    with pytest.raises(RuntimeError, match="before the model answered"):
        runner.until_done()
