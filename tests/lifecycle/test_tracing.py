"""Spans and metrics of calls, and of the functions that models call.

The tests use the installed package and the test server; each program that configures OpenTelemetry is a process of its own.
"""

from __future__ import annotations

import json

import pytest
from conftest import Server
from observed import STREAM, traced

from scripted import Scripts


def test_a_call_has_a_span_by_the_conventions(server: Server) -> None:
    base_url = server.base_url("chat.plain")
    script = (
        "with trace.get_tracer('test').start_as_current_span('outer'):\n"
        "    trilogue.Client().chat.completions.create(\n"
        "        **ask, temperature=0.5, top_p=1, max_tokens=9, stop='x', seed=1, n=2, frequency_penalty=0.1,\n"
        "        response_format={'type': 'json_object'})\n"
        "print(json.dumps([finished(), measured()]))\n"
    )
    (span, outer), measured = traced(base_url, script)
    port = int(base_url.split(":")[2].split("/")[0])
    shared = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m",
        "server.address": "127.0.0.1",
        "server.port": port,
    }
    assert (span["name"], span["kind"], span["status"]["status_code"]) == ("chat m", "SpanKind.CLIENT", "UNSET")
    assert span["parent_id"] == outer["context"]["span_id"]
    assert span["attributes"] == {
        **shared,
        "gen_ai.output.type": "json",
        "gen_ai.request.choice.count": 2,
        "gen_ai.request.frequency_penalty": 0.1,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.seed": 1,
        "gen_ai.request.stop_sequences": ["x"],
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_p": 1,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.response.id": "c1",
        "gen_ai.response.model": "m",
        "gen_ai.usage.input_tokens": 3,
        "gen_ai.usage.output_tokens": 1,
    }
    shared["gen_ai.response.model"] = "m"
    ((attributes, count, seconds),) = measured["gen_ai.client.operation.duration"]
    assert (attributes, count) == (shared, 1)
    assert 0 < seconds < 30
    tokens = {point[0].pop("gen_ai.token.type"): point for point in measured["gen_ai.client.token.usage"]}
    assert tokens == {"input": [shared, 1, 3], "output": [shared, 1, 1]}
    # The server's spans can have this one as parent.
    _, trace, parent, _ = server.log(base_url)[-1]["headers"]["traceparent"].split("-")
    assert (f"0x{trace}", f"0x{parent}") == (span["context"]["trace_id"], span["context"]["span_id"])


ENDINGS = {
    "read": "stream.until_done()\n",
    "closed": "next(stream)\nstream.close()\n",
    "with": "with stream:\n    next(stream)\n",
    "collected": "next(stream)\ndel stream\ngc.collect()\n",
    "events": "list(stream.events)\n",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_span_of_a_stream_ends_when_the_stream_does(ending: str, server: Server) -> None:
    script = (
        "stream = trilogue.Client().chat.completions.create(**ask, stream=True)\n"
        "assert finished() == []\n" + ENDINGS[ending] + "print(json.dumps([finished(), measured()]))\n"
    )
    (span,), measured = traced(server.base_url("stream.usage"), script)
    attributes = span["attributes"]
    assert attributes["gen_ai.request.stream"] is True
    assert 0 < attributes["gen_ai.response.time_to_first_chunk"] < 30
    assert measured["gen_ai.client.operation.time_to_first_chunk"][0][1] == 1
    if ending in {"read", "events"}:
        assert attributes["gen_ai.usage.input_tokens"] == 5
        assert attributes["gen_ai.usage.cache_read.input_tokens"] == 2
        assert attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert (span["status"]["status_code"], "error.type" in attributes) == ("UNSET", False)


def test_spans_of_tasks_have_the_right_parents(server: Server) -> None:
    script = (
        "client = trilogue.AsyncClient()\n"
        "async def one(name):\n"
        "    with trace.get_tracer('test').start_as_current_span(name):\n"
        "        await (await client.chat.completions.create(**ask, stream=True)).until_done()\n"
        "        async with client.chat.completions.stream(**ask) as stream:\n"
        "            await stream.get_final_text()\n"
        "async def main():\n"
        "    await asyncio.gather(one('ann'), one('bob'))\n"
        "asyncio.run(main())\n"
        "print(json.dumps(finished()))\n"
    )
    spans = traced(server.base_url("stream.plain"), script)
    outer = {span["context"]["span_id"]: span["name"] for span in spans if span["name"] != "chat m"}
    parents = [outer[span["parent_id"]] for span in spans if span["name"] == "chat m"]
    assert sorted(parents) == ["ann", "ann", "bob", "bob"]


def test_errors_and_retries_are_in_the_span(server: Server) -> None:
    script = (
        "try:\n"
        "    trilogue.Client().chat.completions.create(**ask, stream=True).until_done()\n"
        "except trilogue.APIError:\n"
        "    pass\n"
        "print(json.dumps([finished(), measured()]))\n"
    )
    (span,), _ = traced(server.base_url("retry.twice"), script)
    assert [(event["name"], event["attributes"]["error.type"]) for event in span["events"]] == [
        ("retry", "InternalServerError"),
        ("retry", "RateLimitError"),
    ]
    assert [event["attributes"]["http.response.status_code"] for event in span["events"]] == [500, 429]
    (span,), measured = traced(server.base_url("end.truncated"), script)
    assert span["status"]["status_code"] == "ERROR"
    assert "the stream ended early" in span["status"]["description"]
    assert span["attributes"]["error.type"] == "IncompleteStreamError"
    assert span["attributes"]["gen_ai.response.finish_reasons"] == ["error"]
    assert measured["gen_ai.client.operation.duration"][0][0]["error.type"] == "IncompleteStreamError"


def test_a_cancelled_call_ends_its_span(server: Server) -> None:
    script = (
        "async def main():\n"
        "    create = trilogue.AsyncClient().chat.completions.create\n"
        "    try:\n"
        "        await asyncio.wait_for(create(**ask, stream=True), 0.2)\n"
        "    except asyncio.TimeoutError:\n"
        "        print(json.dumps(finished()))\n"
        "asyncio.run(main())\n"
    )
    (span,) = traced(server.base_url("fault.stall_before_head"), script)
    assert span["attributes"]["error.type"] == "APIUserAbortError"


def test_message_contents_are_recorded_only_on_request(server: Server) -> None:
    variable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
    script = (
        "ask['messages'] = [{'role': 'system', 'content': 'Be kind'}, {'role': 'user', 'content': [\n"
        "    {'type': 'text', 'text': 'Hi'}, {'type': 'image_url', 'image_url': {'url': 'data:image/png;base64,AAAA'}}]},\n"
        "    {'role': 'assistant', 'tool_calls': [{'id': 'call_0', 'type': 'function', 'function': {'name': 'f', 'arguments': '{}'}}]},\n"
        "    {'role': 'tool', 'tool_call_id': 'call_0', 'content': 'ok'}]\n"
        "tools = [{'type': 'function', 'function': {'name': 'f', 'parameters': {'type': 'object'}}}]\n"
        "trilogue.Client().chat.completions.create(**ask, tools=tools, stream=True).until_done()\n"
        "print(json.dumps(finished()))\n"
    )
    recorded = {}
    for setting in ("", "SPAN_ONLY"):
        (span,) = traced(server.base_url("stream.tool_call"), script, **{variable: setting})
        recorded[setting] = {
            name: value for name, value in span["attributes"].items() if "messages" in name or "tool" in name
        }
    assert recorded[""] == {}
    assert json.loads(recorded["SPAN_ONLY"]["gen_ai.input.messages"]) == [
        {"role": "system", "parts": [{"type": "text", "content": "Be kind"}]},
        {
            "role": "user",
            "parts": [
                {"type": "text", "content": "Hi"},
                {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"},
            ],
        },
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "call_0", "name": "f", "arguments": {}}]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_0", "response": "ok"}]},
    ]
    call = {"type": "tool_call", "id": "call_1", "name": "get_weather", "arguments": {"city": "Paris"}}
    assert json.loads(recorded["SPAN_ONLY"]["gen_ai.output.messages"]) == [
        {"role": "assistant", "parts": [call], "finish_reason": "tool_calls"}
    ]
    assert json.loads(recorded["SPAN_ONLY"]["gen_ai.tool.definitions"]) == [
        {"type": "function", "name": "f", "parameters": {"type": "object"}}
    ]


def test_messages_have_spans_too(server: Server) -> None:
    script = (
        "client = trilogue.Client()\n"
        "ask['messages'] += [\n"
        "    {'role': 'assistant', 'content': [{'type': 'tool_use', 'id': 't', 'name': 'f', 'input': {}}, {'type': 'new'}]},\n"
        "    {'role': 'user', 'content': [{'type': 'tool_result', 'tool_use_id': 't', 'content': 'ok'},\n"
        "        {'type': 'image', 'source': {'type': 'url', 'url': 'http://a/b.png'}},\n"
        "        {'type': 'image', 'source': {'type': 'base64', 'media_type': 'image/png', 'data': 'AAAA'}}]}]\n"
        "tools = [{'name': 'f', 'input_schema': {'type': 'object'}}]\n"
        "client.messages.create(**ask, max_tokens=5, system='Be kind', tools=tools, stream=True).until_done()\n"
        "print(json.dumps(finished()))\n"
    )
    variable = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true"}
    (span,) = traced(server.base_url("messages.stream_text"), script, **variable)
    attributes = span["attributes"]
    assert (span["name"], attributes["gen_ai.provider.name"]) == ("chat m", "anthropic")
    assert (attributes["gen_ai.usage.input_tokens"], attributes["gen_ai.usage.output_tokens"]) == (10, 5)
    assert json.loads(attributes["gen_ai.system_instructions"]) == [{"type": "text", "content": "Be kind"}]
    assert json.loads(attributes["gen_ai.input.messages"])[1:] == [
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "t", "name": "f", "arguments": {}}, {"type": "new"}],
        },
        {
            "role": "user",
            "parts": [
                {"type": "tool_call_response", "id": "t", "response": "ok"},
                {"type": "uri", "modality": "image", "uri": "http://a/b.png"},
                {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"},
            ],
        },
    ]
    tool = {"type": "function", "name": "f", "parameters": {"type": "object"}}
    assert json.loads(attributes["gen_ai.tool.definitions"]) == [tool]
    assert json.loads(attributes["gen_ai.output.messages"]) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "Hello!"}], "finish_reason": "end_turn"}
    ]


def test_suppressed_instrumentation_emits_nothing(server: Server) -> None:
    script = (
        "from opentelemetry import context\n"
        "context.attach(context.set_value('suppress_instrumentation', True))\n"
        + STREAM
        + "print(json.dumps(finished()))\n"
    )
    assert traced(server.base_url("stream.plain"), script) == []


CALLS_TOOL = {
    "body": [
        'data: {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "tool_calls": [{"index": 0, '
        '"id": "call_0", "type": "function", "function": {"name": "find", "arguments": "{}"}}]}, "finish_reason": "tool_calls"}]}\n\n',
        "data: [DONE]\n\n",
    ]
}
ANSWERS = {
    "body": [
        'data: {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {"content": "ok"}, "finish_reason": "stop"}]}\n\n',
        "data: [DONE]\n\n",
    ]
}
#: Functions of tools, and the text that the model gets. Each value can be read once.
RESULTS = {
    "an iterator": ("def find(): return iter(['a', 'b'])\n", '["a", "b"]'),
    "a nested iterator": ("def find(): return {'found': map(str, [1, 2])}\n", '{"found": ["1", "2"]}'),
    "an asynchronous function": ("async def find(): return iter('ab')\n", '["a", "b"]'),
}


@pytest.mark.parametrize("setting", ["", "true"])
@pytest.mark.parametrize("result", RESULTS)
def test_recording_the_content_of_a_result_does_not_change_it(scripts: Scripts, result: str, setting: str) -> None:
    function, text = RESULTS[result]
    script = scripts.chat(CALLS_TOOL, ANSWERS)
    program = (
        function
        + "trilogue.Client().chat.completions.run_tools(**ask, tools=[find]).until_done()\n"
        + "print(json.dumps(finished()))\n"
    )
    spans = traced(script.url, program, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=setting)
    assert script.bodies()[1]["messages"][-1]["content"] == text
    (span,) = [span for span in spans if span["name"] == "execute_tool find"]
    assert span["attributes"].get("gen_ai.tool.call.result") == (text if setting else None)


@pytest.mark.parametrize(("setting", "description"), [("", "ValueError"), ("true", "the key is 1234")])
def test_the_message_of_a_tools_exception_is_content(scripts: Scripts, setting: str, description: str) -> None:
    script = scripts.chat(CALLS_TOOL, ANSWERS)
    program = (
        "def find(): raise ValueError('the key is 1234')\n"
        "trilogue.Client().chat.completions.run_tools(**ask, tools=[find]).until_done()\n"
        "print(json.dumps(finished()))\n"
    )
    spans = traced(script.url, program, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=setting)
    (span,) = [span for span in spans if span["name"] == "execute_tool find"]
    assert span["status"] == {"status_code": "ERROR", "description": description}
    assert span["attributes"]["error.type"] == "ValueError"


def test_a_call_within_a_hook_is_no_parent_of_the_runs_functions(scripts: Scripts) -> None:
    script, other = scripts.chat(CALLS_TOOL, ANSWERS), scripts.chat(ANSWERS)
    program = (
        f"other = trilogue.Client(base_url='{other.url}')\n"
        "def audit(response): other.chat.completions.create(**{**ask, 'model': 'audit'}, stream=True).until_done()\n"
        "def find(): return 'x'\n"
        "client = trilogue.Client(on_response=audit)\n"
        "client.chat.completions.run_tools(**ask, tools=[find]).until_done()\n"
        "print(json.dumps(finished()))\n"
    )
    spans = traced(script.url, program)
    names = {span["context"]["span_id"]: span["name"] for span in spans}
    (span,) = [span for span in spans if span["name"] == "execute_tool find"]
    assert names[span["parent_id"]] == "chat m"
