"""Log lines, spans and metrics of calls.

The tests use the installed package and the test server; each program that configures logging or OpenTelemetry is a process of its own.
"""

from __future__ import annotations

import json
import logging
import subprocess
from typing import Any

import pytest
from conftest import PYTHON, Server, environment

import trilogue

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture(autouse=True)
def listening(caplog: pytest.LogCaptureFixture) -> None:
    """Let pytest record the log."""
    caplog.set_level(logging.DEBUG, "trilogue")


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """Return the level and text of each line, without the number of its call."""
    lines = [record for record in caplog.records if record.name == "trilogue"]
    assert not any("\n" in record.getMessage() for record in lines)
    return [(record.levelno, record.getMessage().split("] ", 1)[1]) for record in lines]


def test_a_call_is_logged_with_request_and_tokens(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    base_url = server.base_url("chat.plain")
    trilogue.Client(base_url=f"{base_url}", default_query={"tenant": "hushhush"}).chat.completions.create(**ASK)
    sent, answered, done = logged(caplog)
    assert sent == (logging.DEBUG, f"chat, model m: POST {base_url}/chat/completions")
    assert answered[1].startswith("status 200 after ")
    assert done[1].startswith("done after ")
    assert done[1].endswith(", 3 tokens in, 1 tokens out")


def test_retries_are_logged_as_they_happen(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with trilogue.Client(base_url=server.base_url("retry.twice")) as client:
        client.chat.completions.create(**ASK, stream=True).until_done()
    lines = logged(caplog)
    retries = [text for level, text in lines if level == logging.INFO]
    assert [text.split(" in ")[0] for text in retries] == ["retry 1 of 2", "retry 2 of 2"]
    assert [text.split(" after ")[1] for text in retries] == [
        "InternalServerError: m (status 500; try again later)",
        "RateLimitError: m (status 429; slow down, or raise max_retries)",
    ]
    assert [text.rsplit(" (")[-1] for _, text in lines if "POST" in text][1:] == ["attempt 2)", "attempt 3)"]
    assert len({record.getMessage().split("]")[0] for record in caplog.records if record.name == "trilogue"}) == 1


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING])
def test_the_log_level_limits_the_lines(level: int, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(level, "trilogue")
    client = trilogue.Client(base_url=server.base_url("retry.twice"))
    client.chat.completions.create(**ASK, stream=True).until_done()
    assert [kind for kind, _ in logged(caplog)] == [logging.INFO] * (2 if level == logging.INFO else 0)


@pytest.mark.parametrize("level", [logging.DEBUG, logging.WARNING])
def test_a_stream_without_a_finish_reason_is_a_warning(
    level: int, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(level, "trilogue")
    with trilogue.Client(base_url=server.base_url("end.done_without_finish_reason")) as client:
        client.chat.completions.create(**ASK, stream=True).until_done()
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert warning.name == "trilogue"
    assert "require_finish_reason" in warning.getMessage()


@pytest.mark.parametrize("level", [logging.DEBUG, logging.WARNING])
def test_a_message_without_its_start_is_a_warning(level: int, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(level, "trilogue")
    with trilogue.Client(base_url=server.base_url("messages.message_start_missing")) as client:
        request = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "Hi"}]}
        client.messages.create(**request, stream=True).until_done()
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "message_start" in warning.getMessage()


def test_the_end_of_a_stream_is_logged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    trilogue.Client(base_url=server.base_url("stream.usage")).chat.completions.create(**ASK, stream=True).until_done()
    assert " 3 chunks, the first after " in logged(caplog)[-1][1]
    assert logged(caplog)[-1][1].endswith("5 tokens in, 1 tokens out")
    with trilogue.Client(base_url=server.base_url("stream.plain")).chat.completions.stream(**ASK) as events:
        count = sum(event.type == "chunk" for event in events)
    assert f" {count} chunks, " in logged(caplog)[-1][1]
    stream = trilogue.Client(base_url=server.base_url("lifecycle.stall")).chat.completions.create(**ASK, stream=True)
    next(stream)
    stream.close()
    assert logged(caplog)[-1][1].startswith("closed by its reader after ")
    broken = trilogue.Client(base_url=server.base_url("end.truncated")).chat.completions.create(**ASK, stream=True)
    with pytest.raises(trilogue.IncompleteStreamError):
        broken.until_done()
    assert logged(caplog)[-1][1].startswith("failed with IncompleteStreamError after ")


def python(base_url: str, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script, which must succeed."""
    start = (
        "import gc, json, sys\nimport trilogue\nask = dict(model='m', messages=[{'role': 'user', 'content': 'Hi'}])\n"
    )
    ended = subprocess.run(
        [PYTHON, "-X", "dev", "-W", "error", "-c", start + script],
        env=environment(base_url, **variables),
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 0, ended.stderr
    return ended


STREAM = "trilogue.Client().chat.completions.create(**ask, stream=True).until_done()\n"


def test_logs_are_enabled_by_the_environment(server: Server) -> None:
    base_url = server.base_url("retry.twice")
    lines = python(base_url, STREAM, TRILOGUE_LOG="debug").stderr.splitlines()
    assert "trilogue DEBUG] [1] chat, model m, streamed: POST " in lines[0]
    assert len(python(server.base_url("retry.twice"), STREAM, TRILOGUE_LOG="info").stderr.splitlines()) == 2
    assert python(server.base_url("retry.twice"), STREAM).stderr == ""
    # A program with its own handlers receives each line once.
    own = "import logging\nlogging.basicConfig(format='own %(message)s')\n" + STREAM
    lines = python(server.base_url("stream.plain"), own, TRILOGUE_LOG="debug").stderr.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("own [1] ") for line in lines)


def test_a_wrong_log_level_is_an_error() -> None:
    script = [PYTHON, "-c", "import trilogue"]
    ended = subprocess.run(
        script, env=environment("", TRILOGUE_LOG="verbose"), check=True, capture_output=True, text=True, timeout=30
    )
    assert "TRILOGUE_LOG is 'verbose'" in ended.stderr


def test_logging_code_is_loaded_on_demand(server: Server) -> None:
    script = STREAM + "print(sorted({'logging', 'opentelemetry', 'asyncio'} & set(sys.modules)))\n"
    assert python(server.base_url("stream.plain"), script).stdout == "[]\n"


def test_lines_from_another_thread_have_the_callers_context(server: Server) -> None:
    script = (
        "import asyncio, contextvars, logging\n"
        "user = contextvars.ContextVar('user')\n"
        "lines = []\n"
        "class Keep(logging.Handler):\n"
        "    def emit(self, record): lines.append(user.get())\n"
        "logging.getLogger('trilogue').addHandler(Keep())\n"
        "logging.getLogger('trilogue').setLevel('DEBUG')\n"
        "client = trilogue.AsyncClient()\n"
        "async def one(name):\n"
        "    user.set(name)\n"
        "    await (await client.chat.completions.create(**ask, stream=True)).until_done()\n"
        "async def main():\n"
        "    await asyncio.gather(one('ann'), one('bob'))\n"
        "asyncio.run(main())\n"
        "print(sorted(lines))\n"
    )
    assert python(server.base_url("stream.plain"), script).stdout == f"{['ann'] * 3 + ['bob'] * 3}\n"


TRACING = (
    "import asyncio\n"
    "from opentelemetry import metrics, trace\n"
    "from opentelemetry.sdk.metrics import MeterProvider\n"
    "from opentelemetry.sdk.metrics.export import InMemoryMetricReader\n"
    "from opentelemetry.sdk.trace import TracerProvider\n"
    "from opentelemetry.sdk.trace.export import SimpleSpanProcessor\n"
    "from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter\n"
    "exporter, reader, provider = InMemorySpanExporter(), InMemoryMetricReader(), TracerProvider(shutdown_on_exit=False)\n"
    "provider.add_span_processor(SimpleSpanProcessor(exporter))\n"
    "trace.set_tracer_provider(provider)\n"
    "metrics.set_meter_provider(MeterProvider([reader], shutdown_on_exit=False))\n"
    "def finished(): return [json.loads(span.to_json()) for span in exporter.get_finished_spans()]\n"
    "def measured():\n"
    "    (scope,) = reader.get_metrics_data().resource_metrics[0].scope_metrics\n"
    "    return {metric.name: [(dict(point.attributes), point.count, point.sum) for point in metric.data.data_points]\n"
    "            for metric in scope.metrics}\n"
)


def traced(base_url: str, script: str, **variables: str) -> Any:
    """Run a script that prints JSON, with OpenTelemetry set up."""
    return json.loads(python(base_url, TRACING + script, **variables).stdout)


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
