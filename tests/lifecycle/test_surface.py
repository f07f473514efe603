"""Features that users of the official clients expect: events, raw responses, pages, keys from functions, copies of clients.

The tests use the installed packages and a real socket. The vectors test the decoding.
"""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import shutil
import subprocess
import zipapp
from pathlib import Path

import pytest
from conftest import BROWSER, NODE, PYTHON, ROOT, Server, environment

import trilogue

ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the key of the machine's user."""
    monkeypatch.delenv("MODELSLAB_API_KEY", raising=False)


def node(server: Server, vector: str, script: str) -> object:
    """Run a script with `client`, `ask` and `say`, and return its output."""
    start = (
        "import { Client } from 'trilogue';\n"
        "const client = new Client();\n"
        "const ask = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] };\n"
        "const say = (value) => console.log(JSON.stringify(value));\n"
    )
    command = ["node", "--input-type=module", "-e", start + script]
    variables = environment(server.base_url(vector))
    ended = subprocess.run(command, env=variables, cwd=NODE, check=False, capture_output=True, text=True, timeout=20)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_half_of_a_character_is_sent_as_the_replacement_character(server: Server) -> None:
    url = server.base_url("stream.plain")
    said = {"role": "user", "content": "a\ud83eb \ud83e\udd80 \udd80", "\ud83e": "\\ud83e"}
    with trilogue.Client(base_url=url).chat.completions.create(model="m", messages=[said], stream=True) as stream:
        stream.until_done()
    [entry] = server.log(url)
    assert entry["body"]["messages"] == [
        {"role": "user", "content": "a\ufffdb \U0001f980 \ufffd", "\ufffd": "\\ud83e"},
    ]


TOOL_EVENTS = [
    {"type": "tool_call_start", "choice": 0, "index": 0, "id": "call_1", "name": "get_weather"},
    {"type": "tool_call_arguments", "choice": 0, "index": 0, "delta": '{"city":'},
    {"type": "tool_call_arguments", "choice": 0, "index": 0, "delta": '"Paris"}'},
    {
        "type": "tool_call_done",
        "choice": 0,
        "index": 0,
        "id": "call_1",
        "name": "get_weather",
        "arguments": '{"city":"Paris"}',
    },
    {"type": "finish", "choice": 0, "reason": "tool_calls"},
]


def test_events_of_any_format(server: Server) -> None:
    client = trilogue.Client(base_url=server.base_url("stream.tool_call"))
    events = client.chat.completions.create(**ASK, stream=True).events
    assert [event.to_dict() for event in events] == TOOL_EVENTS
    script = (
        "const stream = await client.chat.completions.create({ ...ask, stream: true });\n"
        "const events = [];\n"
        "for await (const event of stream.events) events.push(event);\n"
        "say(events);\n"
    )
    assert node(server, "stream.tool_call", script) == TOOL_EVENTS


HELPER_EVENTS = [
    *(["chunk", "content.delta"] * 3),
    "chunk",
    "content.done",
]


def test_events_of_stream(server: Server) -> None:
    client = trilogue.Client(base_url=server.base_url("stream.plain"))
    with client.chat.completions.stream(**ASK) as stream:
        events = list(stream)
        assert [event.type for event in events] == HELPER_EVENTS
        assert events[-1].content == "Hello!"
        assert stream.get_final_completion().choices[0].message.content == "Hello!"
    with client.chat.completions.stream(**ASK) as stream:
        assert list(stream.text_stream) == ["Hel", "lo", "!"]

    async def read() -> tuple[list[str], str]:
        sender = trilogue.AsyncClient(base_url=server.base_url("stream.plain"))
        async with sender.chat.completions.stream(**ASK) as stream:
            kinds = [event.type async for event in stream]
            return kinds, await stream.get_final_text()

    assert asyncio.run(read()) == (HELPER_EVENTS, "Hello!")
    script = (
        "const stream = client.chat.completions.stream(ask);\n"
        "const kinds = [];\n"
        "for await (const event of stream) kinds.push(event.type);\n"
        "say([kinds, await stream.finalContent()]);\n"
    )
    assert node(server, "stream.plain", script) == [HELPER_EVENTS, "Hello!"]


def test_an_error_of_a_stream_is_raised_to_its_reader(server: Server) -> None:
    script = (
        "const stream = client.chat.completions.stream(ask);\n"
        "await new Promise((ready) => setTimeout(ready, 200));\n"
        "say(await stream.next().then(() => 'none', (error) => [error.name, error.status]));\n"
    )
    assert node(server, "error.authentication", script) == ["AuthenticationError", 401]


def test_raw_responses(server: Server) -> None:
    client = trilogue.Client(base_url=server.base_url("chat.plain"))
    raw = client.chat.completions.with_raw_response.create(**ASK)
    assert (raw.status_code, raw.headers["content-type"]) == (200, "application/json")
    assert raw.parse().choices[0].message.content == "Hello"
    script = (
        "const { data, status, headers } = await client.chat.completions.create(ask).withResponse();\n"
        "say([data.choices[0].message.content, status, headers.get('content-type')]);\n"
    )
    assert node(server, "chat.plain", script) == ["Hello", 200, "application/json"]


@pytest.mark.parametrize(("vector", "ids"), [("models.pages", ["a", "b", "c"]), ("models.endless", ["a"])])
def test_pages_follow_each_other_and_end(server: Server, vector: str, ids: list[str]) -> None:
    client = trilogue.Client(base_url=server.base_url(vector))
    assert [model.id for model in client.models.list()] == ids

    async def read() -> list[str]:
        sender = trilogue.AsyncClient(base_url=server.base_url(vector))
        return [model.id async for model in await sender.models.list()]

    assert asyncio.run(read()) == ids
    script = "const ids = [];\nfor await (const { id } of await client.models.list()) ids.push(id);\nsay(ids);\n"
    assert node(server, vector, script) == ids


def test_a_key_can_come_from_a_function(server: Server) -> None:
    base_url = server.base_url("chat.plain")
    trilogue.Client(base_url=base_url, api_key=lambda: "key-of-now").chat.completions.create(**ASK)
    assert server.log(base_url)[-1]["headers"]["authorization"] == "Bearer key-of-now"

    async def key() -> str:
        return "key-of-soon"

    asyncio.run(trilogue.AsyncClient(base_url=base_url, api_key=key).chat.completions.create(**ASK))
    assert server.log(base_url)[-1]["headers"]["authorization"] == "Bearer key-of-soon"
    script = (
        "const keyed = client.withOptions({ apiKey: async () => 'key-of-now' });\n"
        "await keyed.chat.completions.create(ask);\n"
        "say(1);\n"
    )
    assert node(server, "chat.plain", script) == 1


def test_clients_results_and_errors_can_be_copied(server: Server) -> None:
    client = pickle.loads(pickle.dumps(trilogue.Client(base_url=server.base_url("chat.plain"))))  # noqa: S301
    completion = client.chat.completions.create(**ASK)
    assert pickle.loads(pickle.dumps(completion)) == completion == copy.deepcopy(completion)  # noqa: S301
    with pytest.raises(trilogue.AuthenticationError) as caught:
        trilogue.Client(base_url=server.base_url("error.authentication")).chat.completions.create(**ASK)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert (type(again), str(again), again.status_code) == (trilogue.AuthenticationError, str(caught.value), 401)


def test_received_objects_can_be_sent_back(server: Server) -> None:
    base_url = server.base_url("stream.tool_call")
    client = trilogue.Client(base_url=base_url)
    message = client.chat.completions.create(**ASK, stream=True).get_final_completion().choices[0].message
    client.chat.completions.create(model="m", messages=[message], stream=True).close()
    assert server.log(base_url)[-1]["body"]["messages"] == [message.to_dict()]


def test_an_option_without_browser_support_is_rejected(server: Server) -> None:
    # Before the module is loaded, an option is rejected by the client's first call.
    script = (
        "const { ready } = await import('trilogue');\n"
        "await ready();\n"
        "for (const [option, value] of Object.entries({ connectTimeout: 1, proxy: '', caBundle: 'a', clientCert: 'a' })) {\n"
        "    try {\n"
        "        new Client({ baseURL: client.baseURL, [option]: value });\n"
        "    } catch (error) {\n"
        "        if (error.name === 'ConfigurationError' && error.message.includes(option)) continue;\n"
        "    }\n"
        "    throw new Error(`accepted ${option}`);\n"
        "}\n"
    )
    command = ["node", str(ROOT / "tests/runners/script.mjs"), script, *BROWSER]
    variables = environment(server.base_url("stream.plain"))
    ended = subprocess.run(command, env=variables, check=False, capture_output=True, text=True, timeout=30, input="")
    assert (ended.returncode, ended.stdout) == (0, "given up\n"), ended.stderr


def test_a_wrong_request_names_the_path(server: Server) -> None:
    client = trilogue.Client(base_url=server.base_url("chat.plain"))
    with pytest.raises(TypeError, match=r"^messages\[0\]\.content is of type object"):
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": object()}])


def test_importing_from_a_zip_file_names_the_requirement(tmp_path: Path) -> None:
    application = tmp_path / "application"
    application.mkdir()
    shutil.copytree(Path(trilogue.__file__).parent, application / "trilogue")
    (application / "__main__.py").write_text("import trilogue\n")
    archive = tmp_path / "application.pyz"
    zipapp.create_archive(application, archive)
    ended = subprocess.run([PYTHON, str(archive)], check=False, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    said = ended.stderr.splitlines()[-1]
    assert said.startswith("ImportError: trilogue has a native module")
    assert str(archive) in said
    assert "shiv or pex" in said


def test_a_snapshot_of_a_reopened_stream_loses_nothing(server: Server) -> None:
    client = trilogue.Client(base_url=server.base_url("retry.before_first_token"))
    stream = client.chat.completions.create(model="m", messages=ASK["messages"], stream=True)
    # The first answer fails at once, so these happen during the wait before the next try.
    for _ in range(20):
        assert stream.current_completion_snapshot is None
    assert stream.get_final_text() == "a"
