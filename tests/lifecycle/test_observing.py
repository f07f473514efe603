"""Log lines of calls.

The tests use the installed package and the test server; each program that configures logging is a process of its own.
"""

from __future__ import annotations

import logging
import subprocess
from typing import Any

import pytest
from conftest import PYTHON, Server, environment
from observed import STREAM, python

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


def test_a_call_of_a_closed_client_is_logged_as_a_failure(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    client = trilogue.Client(base_url=server.base_url("chat.plain"))
    client.close()
    with pytest.raises(RuntimeError, match="the client was closed"):
        client.chat.completions.create(**ASK)
    assert [text.split(" after ")[0] for _, text in logged(caplog)] == ["failed with RuntimeError"]


def test_the_number_of_a_call_is_no_argument_of_it(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    base_url = server.base_url("chat.plain")
    seen: list[Any] = []
    client = trilogue.Client(base_url=base_url, on_request=seen.append)
    client.chat.completions.create(**ASK, notice_id=7)
    # It is a field like any other that this package does not know.
    assert server.log(base_url)[-1]["body"]["notice_id"] == 7
    assert (len(seen), len(logged(caplog))) == (1, 3)
