"""Typed answers: parsed, sent back, cut off, streamed; in both formats and with both clients.

Uses the installed package and a real socket. `test_schema` tests the conversion of single types.
"""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import json
import pickle
from typing import Any

import pydantic
import pytest
from conftest import ASK, ASK_MESSAGE, chat_calls, chat_reply, chat_stream, message_reply, message_stream

import trilogue
from scripted import Scripts
from trilogue import AsyncClient, Client


@dataclasses.dataclass
class Person:
    """A person."""

    name: str
    age: int = 0


@dataclasses.dataclass
class Team:
    """A team."""

    people: list[Person]
    motto: str


class Line(pydantic.BaseModel):
    text: str


class Report(pydantic.BaseModel):
    lines: list[Line] = pydantic.Field(alias="Lines")


class Split(pydantic.BaseModel):
    words: list[str]
    count: int

    @pydantic.field_validator("words", mode="before")
    @classmethod
    def split(cls, value: Any) -> Any:  # noqa: D102
        return value.split() if isinstance(value, str) else value


ADA = '{"name": "Ada", "age": 36}'


def test_parse_returns_an_instance(scripts: Scripts) -> None:
    script = scripts.chat(chat_reply(ADA))
    completion = Client(base_url=script.url).chat.completions.parse(**ASK, response_format=Person)
    assert completion.parsed == Person("Ada", 36)
    assert completion.choices[0].message.parsed is completion.parsed
    assert [usage.completion_tokens for usage in completion.tries if usage] == [len(ADA)]
    assert "parsed" not in completion.to_dict()["choices"][0]["message"]
    sent = script.bodies()[0]["response_format"]["json_schema"]
    assert (sent["name"], sent["strict"], sent["description"]) == ("Person", True, "A person.")
    assert sent["schema"]["required"] == ["name", "age"]
    assert sent["schema"]["additionalProperties"] is False


def test_parse_of_messages(scripts: Scripts) -> None:
    script = scripts.messages(message_reply(ADA))
    message = Client(base_url=script.url).messages.parse(**ASK_MESSAGE, output_format=Person)
    assert message.parsed == message.parsed_output == Person("Ada", 36)
    assert script.bodies()[0]["output_config"]["format"]["type"] == "json_schema"


def test_parse_awaited(scripts: Scripts) -> None:
    async def ask() -> tuple[Person | None, Person | None]:
        chat = AsyncClient(base_url=scripts.chat(chat_reply(ADA)).url).chat.completions
        messages = AsyncClient(base_url=scripts.messages(message_reply(ADA)).url).messages
        completion = await chat.parse(**ASK, response_format=Person)
        return completion.parsed, (await messages.parse(**ASK_MESSAGE, output_format=Person)).parsed

    assert asyncio.run(ask()) == (Person("Ada", 36), Person("Ada", 36))


def test_an_answer_that_is_not_an_object_is_wrapped(scripts: Scripts) -> None:
    script = scripts.chat(chat_reply('{"value": [1, 2]}'))
    assert Client(base_url=script.url).chat.completions.parse(**ASK, response_format=list[int]).parsed == [1, 2]
    assert script.bodies()[0]["response_format"]["json_schema"]["schema"]["type"] == "object"


@pytest.mark.parametrize("mode", ["json_object", "tool"])
def test_other_modes(scripts: Scripts, mode: Any) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "Person", "arguments": ADA}}
    reply = (
        chat_reply(f"```json\n{ADA}\n```")
        if mode == "json_object"
        else chat_reply(None, "tool_calls", tool_calls=[call])
    )
    script = scripts.chat(reply)
    completion = Client(base_url=script.url).chat.completions.parse(**ASK, response_format=Person, mode=mode)
    assert completion.parsed == Person("Ada", 36)
    sent = script.bodies()[0]
    if mode == "json_object":
        assert sent["response_format"] == {"type": "json_object"}
        assert "Ada" not in json.dumps(sent["messages"])
        assert '"name"' in sent["messages"][0]["content"]
    else:
        assert sent["tool_choice"] == {"type": "function", "function": {"name": "Person"}}


def test_a_json_schema_returns_plain_values(scripts: Scripts) -> None:
    schema = {"title": "Pair", "type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    chat = Client(base_url=scripts.chat(chat_reply('{"a": 1}'), chat_reply('{"a": "1"}')).url).chat.completions
    assert chat.parse(**ASK, response_format=schema).parsed == {"a": 1}
    with pytest.raises(trilogue.InvalidOutputError) as caught:
        chat.parse(**ASK, response_format=schema)
    assert [path for path, _ in caught.value.errors] == ["/a"]


def test_formats_of_the_api_are_accepted(scripts: Scripts) -> None:
    wire = {"type": "json_schema", "json_schema": {"name": "any_name", "strict": False, "schema": {"type": "object"}}}
    script = scripts.chat(chat_reply('{"a": 1}'), chat_reply('{"b": 1}'), chat_stream('{"c"', ": 1}"))
    chat = Client(base_url=script.url).chat.completions
    assert chat.parse(**ASK, response_format=wire).parsed == {"a": 1}
    assert chat.parse(**ASK, response_format={"type": "json_object"}).parsed == {"b": 1}
    with chat.stream(**ASK, response_format={"type": "json_object"}) as stream:
        assert [event.parsed for event in stream if event.type == "content.done"] == [{"c": 1}]
    sent = [body["response_format"] for body in script.bodies()]
    assert (sent[0]["json_schema"]["name"], sent[0]["json_schema"]["strict"]) == ("any_name", False)
    assert sent[1:] == [{"type": "json_object"}] * 2


def test_the_strict_argument_overrides_the_format(scripts: Scripts) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    for own, given, sent in [(False, True, True), (True, False, False), (False, None, False), (None, None, True)]:
        wire = {"type": "json_schema", "json_schema": {"name": "x", "strict": own, "schema": schema}}
        script = scripts.chat(chat_reply('{"a": 1}'))
        Client(base_url=script.url).chat.completions.parse(**ASK, response_format=wire, strict=given)
        assert script.bodies()[0]["response_format"]["json_schema"]["strict"] is sent


def test_a_stream_with_the_format_text_has_no_value(scripts: Scripts) -> None:
    for kind, parsed in [("text", None), ("json_object", {"a": 1})]:
        script = scripts.chat(chat_stream('{"a": ', "1}"))
        chat = Client(base_url=script.url).chat.completions
        with chat.stream(**ASK, response_format={"type": kind}) as stream:
            last = [event for event in stream if event.type == "content.delta"][-1]
        assert last.parsed == parsed
        assert script.bodies()[0]["response_format"] == {"type": kind}


def test_items_have_no_nulls_of_strict_mode_and_may_be_named_by_index(scripts: Scripts) -> None:
    own = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "size": {"type": "number"}},
        "required": ["name"],
    }
    sizes = {
        "type": "object",
        "properties": {"items": {"type": "array", "items": {"$ref": "#/$defs/own"}}},
        "required": ["items"],
        "$defs": {"own": own},
    }
    text = '{"items":[{"name":"one","size":1},{"name":"two","size":null}]}'
    for path, wanted in [("items", [{"name": "one", "size": 1}, {"name": "two"}]), ("items.1", [{"name": "two"}])]:
        script = scripts.chat(chat_stream(text[:30], text[30:]))
        with Client(base_url=script.url).chat.completions.stream(**ASK, response_format=sizes) as stream:
            assert list(stream.elements(path)) == wanted


def test_texts_are_those_of_the_first_choice(scripts: Scripts) -> None:
    about = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    said = [(1, "x"), (0, '{"a"'), (1, "y"), (0, ":1}"), (1, "z")]
    chunks = [{**about, "choices": [{"index": index, "delta": {"content": text}}]} for index, text in said]
    ends = [{**about, "choices": [{"index": index, "delta": {}, "finish_reason": "stop"}]} for index in (0, 1)]
    body = [f"data: {json.dumps(chunk)}\n\n" for chunk in [*chunks, *ends]]
    script = scripts.chat({"body": [*body, "data: [DONE]\n\n"]})
    chat = Client(base_url=script.url).chat.completions
    assert "".join(chat.create(**ASK, n=2, stream=True).text_stream) == '{"a":1}'
    with chat.stream(**ASK, n=2) as stream:
        assert "".join(stream.text_stream) == '{"a":1}'
    with chat.stream(**ASK, n=2, response_format={"type": "object"}, strict=False) as stream:
        assert "".join(stream.text_stream) == '{"a":1}'


def test_usage_events_keep_earlier_fields(scripts: Scripts) -> None:
    # The first event has the input tokens, the last one only the output tokens.
    client = Client(base_url=scripts.messages(message_stream(("a",))).url)
    events = client.messages.create(**ASK_MESSAGE, stream=True).events
    usage = [(event.input_tokens, event.output_tokens) for event in events if event.type == "usage"]
    assert usage == [(1, 1), (1, 2)]


def test_problems_of_an_answer_have_paths(scripts: Scripts) -> None:
    answer = '{"people": [{"name": 1}, {"age": "x"}], "motto": "m"}'
    chat = Client(base_url=scripts.chat(chat_reply(answer)).url).chat.completions
    with pytest.raises(trilogue.InvalidOutputError, match=r"doesn't fit Team") as caught:
        chat.parse(**ASK, response_format=Team)
    error = caught.value
    assert [path for path, _ in error.errors] == ["/people/0/name", "/people/1/name", "/people/1/age"]
    assert isinstance(error.partial, trilogue.types.ChatCompletion)
    assert error.partial.choices[0].message.content == answer
    assert len(error.tries) == 1
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (again.errors, again.partial) == (error.errors, error.partial)


def test_an_invalid_answer_is_sent_back(scripts: Scripts) -> None:
    script = scripts.chat(chat_reply('{"age": 1}'), chat_reply("no"), chat_reply(ADA))
    chat = Client(base_url=script.url).chat.completions
    completion = chat.parse(**ASK, response_format=Person, on_invalid="reask")
    assert completion.parsed == Person("Ada", 36)
    assert [usage.completion_tokens for usage in completion.tries if usage] == [10, 2, len(ADA)]
    last = script.bodies()[2]["messages"]
    assert [message["role"] for message in last] == ["user", "assistant", "user", "assistant", "user"]
    assert "/name: is missing" in last[2]["content"]
    assert last[3]["content"] == "no"


def test_an_answer_is_sent_back_at_most_max_reasks_times(scripts: Scripts) -> None:
    script = scripts.messages(message_reply("{}"))

    async def ask() -> None:
        messages = AsyncClient(base_url=script.url).messages
        await messages.parse(**ASK_MESSAGE, output_format=Person, on_invalid="reask", max_reasks=2)

    with pytest.raises(trilogue.InvalidOutputError) as caught:
        asyncio.run(ask())
    assert len(caught.value.tries) == len(script.bodies()) == 3


def test_an_error_between_tries_has_their_usage(scripts: Scripts) -> None:
    refused = {"status": 401, "headers": {"content-type": "application/json"}, "body": ['{"error": {"message": "no"}}']}
    chat = Client(base_url=scripts.chat(chat_reply("{}"), refused).url).chat.completions
    with pytest.raises(trilogue.AuthenticationError) as caught:
        chat.parse(**ASK, response_format=Person, on_invalid="reask")
    assert [usage.completion_tokens for usage in caught.value.tries] == [2]


def test_a_raw_response_is_parsed_too(scripts: Scripts) -> None:
    chat = Client(base_url=scripts.chat(chat_reply(ADA)).url).chat.completions
    raw = chat.with_raw_response.parse(**ASK, response_format=Person)
    assert (raw.status_code, raw.parse().parsed) == (200, Person("Ada", 36))


def test_an_endpoint_that_ignores_the_format_is_named(scripts: Scripts) -> None:
    chat = Client(base_url=scripts.chat(chat_reply("Sure! Ada is 36 years old.")).url).chat.completions
    with pytest.raises(trilogue.InvalidOutputError, match="ignore response_format"):
        chat.parse(**ASK, response_format=Person)


def test_errors_of_cut_off_answers_have_the_partial_answer(scripts: Scripts) -> None:
    chat = Client(base_url=scripts.chat(chat_reply('{"na', "length"), chat_reply("", "content_filter")).url)
    with pytest.raises(trilogue.LengthFinishReasonError) as caught:
        chat.chat.completions.parse(**ASK, response_format=Person, on_invalid="reask")
    assert isinstance(caught.value.partial, trilogue.types.ChatCompletion)
    assert caught.value.partial.choices[0].message.content == '{"na'
    assert len(caught.value.tries) == 1
    with pytest.raises(trilogue.ContentFilterFinishReasonError):
        chat.chat.completions.parse(**ASK, response_format=Person)
    script = scripts.messages(message_stream(('{"na',), reason="max_tokens"))
    with Client(base_url=script.url).messages.stream(**ASK_MESSAGE, output_format=Person) as stream:
        with pytest.raises(trilogue.LengthFinishReasonError) as caught:
            stream.get_final_message()
        assert isinstance(caught.value.partial, trilogue.types.Message)
        assert caught.value.partial.text == '{"na'


def test_a_refusal_and_a_call_have_no_instance(scripts: Scripts) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "other", "arguments": "{}"}}
    refused = chat_reply(None, refusal="No.")
    chat = Client(
        base_url=scripts.chat(refused, chat_reply(None, "tool_calls", tool_calls=[call])).url
    ).chat.completions
    completion = chat.parse(**ASK, response_format=Person)
    assert (completion.parsed, completion.choices[0].message.refusal) == (None, "No.")
    assert chat.parse(**ASK, response_format=Person).parsed is None


def test_types_that_strict_mode_cannot_express_are_refused_before_sending(scripts: Scripts) -> None:
    script = scripts.chat(chat_reply('{"a": 1}'))
    chat = Client(base_url=script.url).chat.completions
    with pytest.raises(trilogue.InvalidRequestError, match="strict=False"):
        chat.parse(**ASK, response_format=dict[str, int])
    with pytest.raises(TypeError, match="complex"):
        chat.parse(**ASK, response_format=complex)
    with pytest.raises(ValueError, match="on_invalid"):
        chat.parse(**ASK, response_format=Person, on_invalid="ask")  # type: ignore[call-overload]
    assert script.bodies() == []
    assert chat.parse(**ASK, response_format=dict[str, int], strict=False).parsed == {"a": 1}


def test_results_are_copied_with_their_instance(scripts: Scripts) -> None:
    chat = Client(base_url=scripts.chat(chat_reply(ADA)).url).chat.completions
    completion = chat.parse(**ASK, response_format=Person)
    for again in (copy.copy(completion), copy.deepcopy(completion), pickle.loads(pickle.dumps(completion))):  # noqa: S301
        assert (again, again.parsed, again.tries) == (completion, completion.parsed, completion.tries)
        assert again.choices[0].message.parsed == Person("Ada", 36)


TEAM = '{"people": [{"name": "Ada", "age": null}, {"name": "Bob \\ud83d\\ude00", "age": 4}], "motto": "go on"}'
WANTED = Team([Person("Ada"), Person("Bob 😀", 4)], "go on")


def _is_prefix(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        known = all(name in other and _is_prefix(value, other[name]) for name, value in one.items())
        return isinstance(other, dict) and known
    if isinstance(one, list):
        known = all(_is_prefix(a, b) for a, b in zip(one, other, strict=False))
        return isinstance(other, list) and len(one) <= len(other) and known
    return isinstance(other, str) and other.startswith(one) if isinstance(one, str) else bool(one == other)


@pytest.mark.parametrize("mode", ["json_schema", "tool"])
@pytest.mark.parametrize("endpoint", ["chat", "messages"])
def test_live_partials_only_grow(scripts: Scripts, endpoint: str, mode: Any) -> None:
    letters = list(TEAM)
    if endpoint == "chat":
        call = {"index": 0, "id": "1", "type": "function", "function": {"name": "Team", "arguments": ""}}
        calls = [{"tool_calls": [{"index": 0, "function": {"arguments": letter}}]} for letter in letters]
        deltas: list[Any] = letters if mode == "json_schema" else [{"tool_calls": [call]}, *calls]
        script = scripts.chat(chat_stream(*deltas, reason="stop" if mode == "json_schema" else "tool_calls"))
        manager: Any = Client(base_url=script.url).chat.completions.stream(**ASK, response_format=Team, mode=mode)
    else:
        blocks = [tuple(letters)] if mode == "json_schema" else [("tool_use", "1", "Team", TEAM)]
        script = scripts.messages(message_stream(*blocks))
        manager = Client(base_url=script.url).messages.stream(**ASK_MESSAGE, output_format=Team, mode=mode)
    with manager as stream:
        before: Any = {}
        seen = 0
        for event in stream:
            # The last event of a text has the instance, as in the official client.
            if event.parsed is not None and not isinstance(event.parsed, Team):
                seen += 1
                assert _is_prefix(before, event.parsed)
                before = copy.deepcopy(event.parsed)
                assert stream.partial is event.parsed
        final = stream.get_final_completion()
        kept = stream.snapshot_parsed()
        assert kept == before == json.loads(TEAM)
        assert kept is not stream.partial
    assert seen > 2
    assert final.parsed == WANTED
    assert final.tries == [final.usage]


def test_a_wrapped_partial_is_the_value_itself(scripts: Scripts) -> None:
    script = scripts.chat(chat_stream('{"value": [1, 2', ", 3]}"))
    with Client(base_url=script.url).chat.completions.stream(**ASK, response_format=list[int]) as stream:
        assert list(stream.elements("", int)) == [1, 2, 3]
        assert stream.get_final_completion().parsed == [1, 2, 3]


def test_a_stream_that_does_not_fit_fails_at_its_end(scripts: Scripts) -> None:
    script = scripts.chat(chat_stream('{"name": ', "1}"))
    with Client(base_url=script.url).chat.completions.stream(**ASK, response_format=Person) as stream:
        stream.until_done()
        with pytest.raises(trilogue.InvalidOutputError) as caught:
            stream.get_final_completion()
    assert caught.value.errors[0][0] == "/name"


def _early(scripts: Scripts, of: Any, *texts: str) -> trilogue.InvalidOutputError:
    """Stream an answer without an end, and return the error that is raised before."""
    script = scripts.chat(chat_stream(*texts, stalls=True))
    chat = Client(base_url=script.url, idle_timeout=5).chat.completions
    with chat.stream(**ASK, response_format=of) as stream, pytest.raises(trilogue.InvalidOutputError) as caught:
        stream.until_done()
    return caught.value


def test_a_part_that_does_not_fit_fails_at_once(scripts: Scripts) -> None:
    error = _early(scripts, Team, '{"people": [{"name": "Ada", "age": null}, {"name": "B', 'ob", "age": "x"}, {')
    assert [path for path, _ in error.errors] == ["/people/1/age"]
    assert isinstance(error.partial, trilogue.types.ChatCompletion)
    assert [path for path, _ in _early(scripts, Team, '{"motto": 1, "people": [').errors] == ["/motto"]
    assert [path for path, _ in _early(scripts, list[int], '{"value": [1, "2", 3, ').errors] == ["/1"]
    assert [path for path, _ in _early(scripts, Report, '{"Lines": [{"text": 1}, {').errors] == ["/Lines/0/text"]


def test_models_with_validators_are_checked_at_the_end(scripts: Scripts) -> None:
    script = scripts.chat(chat_stream('{"words": "a b", ', '"count": 1}'))
    with Client(base_url=script.url).chat.completions.stream(**ASK, response_format=Split) as stream:
        assert stream.get_final_completion().parsed == Split(words=["a", "b"], count=1)


HELD = '{"people": [{"name": "Ada", "age": null}, {"name": "Bo'


def test_items_are_delivered_before_the_rest_arrives(scripts: Scripts) -> None:
    script = scripts.chat(chat_stream(HELD[:20], HELD[20:], stalls=True))
    with Client(base_url=script.url).chat.completions.stream(**ASK, response_format=Team) as stream:
        assert next(stream.elements("people", Person)) == Person("Ada")
        assert stream.partial["people"][1] == {"name": "Bo"}

    async def first() -> Any:
        client = AsyncClient(base_url=scripts.messages(message_stream((HELD,), stalls=True)).url)
        async with client.messages.stream(**ASK_MESSAGE, output_format=Team) as stream:
            async for name in stream.elements("people.*.name"):
                return name
        return None

    assert asyncio.run(first()) == "Ada"


def test_each_item_is_delivered_once(scripts: Scripts) -> None:
    letters = list(TEAM)
    for path, wanted in {
        "people": [{"name": "Ada"}, {"name": "Bob 😀", "age": 4}],
        "people.*": [{"name": "Ada"}, {"name": "Bob 😀", "age": 4}],
        "people.*.age": [None, 4],
        "motto": ["go on"],
        "nothing": [],
    }.items():
        script = scripts.chat(chat_stream(*letters))
        with Client(base_url=script.url).chat.completions.stream(**ASK, response_format=Team) as stream:
            # Copied at once, since an item that is delivered too early would still grow.
            assert [copy.deepcopy(item) for item in stream.elements(path)] == wanted, path


def test_an_incomplete_or_invalid_item_is_not_delivered(scripts: Scripts) -> None:
    script = scripts.chat(chat_stream(HELD, reason="length"))
    got = []
    chat = Client(base_url=script.url).chat.completions
    with chat.stream(**ASK, response_format=Team) as stream:
        people = stream.elements("people", Person)
        got.append(next(people))
        with pytest.raises(trilogue.LengthFinishReasonError):
            got.append(next(people))
    assert got == [Person("Ada")]
    script = scripts.chat(chat_stream('{"people": [{"name": 5}, ', '{"name": "B"}], "motto": ""}'))
    chat = Client(base_url=script.url).chat.completions
    with pytest.raises(trilogue.InvalidOutputError) as caught, chat.stream(**ASK, response_format=Team) as stream:
        next(stream.elements("people", Person))
    assert caught.value.errors[0][0] == "/people/0/name"


def test_arguments_of_any_stream_are_live(scripts: Scripts) -> None:
    script = scripts.chat(chat_calls(("1", "search", '{"query": "cats", "limit": 3}')))
    with Client(base_url=script.url).chat.completions.stream(**ASK) as stream:
        parsed = [copy.deepcopy(event.parsed) for event in stream if event.type.startswith("tool_calls")]
    assert parsed[-1] == {"query": "cats", "limit": 3}
    assert parsed[0] != parsed[-1]
