"""Tests of `trilogue ask` with pipes: standard streams and exit codes.

The tests use real processes, pipes and sockets.
"""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import PROGRAM, REJECTED, TIMEOUT, chat, completion, environment, json_response, message

from scripted import Script, Scripts

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
#: Control sequences that must not reach the output: colours, a title, a link and the clipboard, as escapes and as C1 characters.
HOSTILE = "a\x1b[31mb\x1b]0;title\x07c\x9b5md\x9d8;;http://e.example\x9ce\rf\x08g\x7fh\ti\n\x00j"


def ask(
    folder: Path, url: str, *arguments: str, piped: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the program until it exits."""
    line = [*PROGRAM, "ask", "--base-url", url, "-m", "m", *arguments]
    ended = subprocess.run(
        line, input=piped, env=environment(folder, **variables), capture_output=True, timeout=TIMEOUT, check=False
    )
    return subprocess.CompletedProcess(line, ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def start(folder: Path, running: Script, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
    """Start the program with pipes for its output streams."""
    line = [*PROGRAM, "ask", "--base-url", running.url, "-m", "m", *arguments, "Hi"]
    return subprocess.Popen(
        line,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(folder, **variables),
        bufsize=0,
    )


def test_standard_output_has_only_the_answer(tmp_path: Path, model: Scripts) -> None:
    running = model(chat("**Hel", "lo**", thoughts=("hm",)))
    ended = ask(tmp_path, running.url, "Hi", FORCE_COLOR="1")
    assert (ended.stdout, ended.stderr, ended.returncode) == ("**Hello**\n", "", 0)


def test_options_reach_the_server(tmp_path: Path, model: Scripts) -> None:
    running = model(chat("x"))
    line = "-s Be_brief -t 0.5 --max-tokens 9 --reasoning-effort low -o seed=3 -o user=me two words"
    assert ask(tmp_path, running.url, *line.split()).returncode == 0
    messages = [{"role": "system", "content": "Be_brief"}, {"role": "user", "content": "two words"}]
    options = {"temperature": 0.5, "max_tokens": 9, "reasoning_effort": "low", "seed": 3, "user": "me"}
    usage = {"stream": True, "stream_options": {"include_usage": True}}
    assert running.bodies() == [{"model": "m", "messages": messages, **options, **usage}]


def test_null_option_removes_field(tmp_path: Path, model: Scripts) -> None:
    running = model(chat("x"))
    assert ask(tmp_path, running.url, "-o", "stream_options=null", "Hi").returncode == 0
    assert "stream_options" not in running.bodies()[0]


def test_messages_format(tmp_path: Path, model: Scripts) -> None:
    running = model(message("Hel", "lo", thoughts=("hm",)), endpoint="messages")
    line = ["--format", "anthropic", "-s", "Be brief", "--reasoning-effort", "low", "Hi"]
    ended = ask(tmp_path, running.url, *line)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("Hello\n", "", 0)
    assert running.log()[0]["path"].endswith("/v1/messages")
    messages = [{"role": "user", "content": "Hi"}]
    more = {"system": "Be brief", "output_config": {"effort": "low"}, "stream": True}
    body = running.bodies()[0]
    assert body.pop("max_tokens") > 0
    assert body == {"model": "m", "messages": messages, **more}


def test_standard_input_is_appended_to_the_question(tmp_path: Path, model: Scripts) -> None:
    running = model(chat("x"))
    ask(tmp_path, running.url, "Summarise", piped="Zürich\nBern\n".encode())
    ask(tmp_path, running.url, piped=b"alone\xff")
    assert [body["messages"][0]["content"] for body in running.bodies()] == ["Summarise\n\nZürich\nBern", "alone\ufffd"]


def test_answer_is_streamed(tmp_path: Path, model: Scripts) -> None:
    program = start(tmp_path, model(chat("first", end="stall")))
    assert program.stdout is not None
    assert program.stdout.read(5) == b"first"
    program.kill()
    program.communicate()


def test_control_characters_are_removed(tmp_path: Path, model: Scripts) -> None:
    ended = ask(tmp_path, model(chat(*HOSTILE)).url, "Hi")
    assert ended.stdout == "a[31mb]0;titlec5md8;;http://e.exampleefgh\ti\nj\n"


def test_json_option_prints_the_completion_without_control_characters(tmp_path: Path, model: Scripts) -> None:
    reply = completion(HOSTILE)
    running = model(json_response(reply))
    ended = ask(tmp_path, running.url, "--json", "Hi")
    written = json.loads(ended.stdout)
    assert {name: written[name] for name in reply} == reply
    assert not set(ended.stdout) & {chr(code) for code in [*range(9), *range(11, 32), *range(127, 160)]}
    assert "stream" not in running.bodies()[0]


@pytest.mark.parametrize("form", ["file", "text"])
def test_schema_option_prints_the_parsed_value(form: str, tmp_path: Path, model: Scripts) -> None:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(SCHEMA))
    running = model(json_response(completion('```json\n{"name": "Ada"}\n```')))
    ended = ask(tmp_path, running.url, "--schema", str(path) if form == "file" else json.dumps(SCHEMA), "Who?")
    assert (json.loads(ended.stdout), ended.returncode) == ({"name": "Ada"}, 0)
    assert running.bodies()[0]["response_format"]["type"] == "json_schema"


def test_answer_that_violates_the_schema_is_an_error(tmp_path: Path, model: Scripts) -> None:
    ended = ask(tmp_path, model(json_response(completion('{"name": 3}'))).url, "--schema", json.dumps(SCHEMA), "Who?")
    assert (ended.stdout, ended.returncode) == ("", 1)
    assert "InvalidOutputError" in ended.stderr


def test_error_is_one_line_without_key_and_control_characters(tmp_path: Path, model: Scripts) -> None:
    ended = ask(tmp_path, model(REJECTED).url, "Hi", MODELSLAB_API_KEY="secret-key")
    assert (ended.stdout, ended.returncode) == ("", 1)
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith("error: ")
    assert "the key ]0;title is wrong" in ended.stderr
    assert "AuthenticationError" in ended.stderr
    assert "secret-key" not in ended.stderr
    assert "\x1b" not in ended.stderr


def test_truncated_answer_is_printed(tmp_path: Path, model: Scripts) -> None:
    ended = ask(tmp_path, model(chat("half an", end="truncated")).url, "Hi")
    assert (ended.stdout, ended.returncode) == ("half an\n", 1)
    assert "IncompleteStreamError" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_answer_at_the_token_limit_prints_a_hint(tmp_path: Path, model: Scripts) -> None:
    reply = chat("half an")
    reply["body"][1] = reply["body"][1].replace('"stop"', '"length"')
    ended = ask(tmp_path, model(reply).url, "Hi")
    assert (ended.stdout, ended.returncode) == ("half an\n", 0)
    assert "--max-tokens" in ended.stderr


def test_usage_is_printed_to_standard_error(tmp_path: Path, model: Scripts) -> None:
    details = {"completion_tokens_details": {"reasoning_tokens": 4}, "cost": 0.000123}
    ended = ask(tmp_path, model(chat("x", **details)).url, "-u", "Hi")
    assert ended.stdout == "x\n"
    assert "5 in, 7 out (4 reasoning)" in ended.stderr
    assert "$0.00012" in ended.stderr
    assert "price unknown" in ask(tmp_path, model(chat("x")).url, "-u", "Hi").stderr
    wrong = ask(tmp_path, model(chat("x", completion_tokens="many", completion_tokens_details=3)).url, "-u", "Hi")
    assert (wrong.stdout, wrong.returncode) == ("x\n", 0)
    assert "Traceback" not in wrong.stderr


@pytest.mark.parametrize(
    ("reply", "line"),
    [(chat("x"), []), (json_response(completion("x")), ["--json"]), (message("x"), ["--format", "anthropic"])],
    ids=["stream", "non-streaming", "messages"],
)
def test_cost_uses_catalog_prices(tmp_path: Path, model: Scripts, reply: dict[str, Any], line: list[str]) -> None:
    # Later options take precedence. 5 tokens at $0.039 per million, and 7 at $0.19.
    ended = ask(tmp_path, model(reply).url, "-u", *line, "-m", "openai-gpt-oss-120b", "Hi")
    assert "$0.0000015" in ended.stderr


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ([], "no question"),
        (["--temperature", "warm", "Hi"], "--temperature"),
        (["--max-tokens", "0", "Hi"], "number above 0"),
        (["--format", "gopher", "Hi"], "--format"),
        (["--schema", "/no/such/file", "Hi"], "No such file"),
        (["--schema", "[]", "Hi"], "[]"),
        (["-o", "stream=false", "Hi"], "stream"),
        (["-o", "seed", "Hi"], "NAME=VALUE"),
        (["--base-url", "https://llm.example", "Hi"], "MODELSLAB_API_KEY"),
        (["--base-url", "nonsense", "Hi"], "nonsense"),
        (["--base-url", "https://llm.example", "--key-variable", "NO_SUCH", "Hi"], "NO_SUCH is not set"),
        (["--modell", "x", "Hi"], "--modell"),
    ],
)
def test_invalid_usage_has_exit_code_2(line: list[str], reason: str, tmp_path: Path) -> None:
    ended = ask(tmp_path, "http://127.0.0.1:9", *line)
    assert (ended.stdout, ended.returncode) == ("", 2)
    assert reason in ended.stderr
    assert "Traceback" not in ended.stderr


def test_ctrl_c_exits_and_closes_the_connection(tmp_path: Path, model: Scripts) -> None:
    running = model(chat("half an", end="stall"))
    program = start(tmp_path, running)
    assert program.stdout is not None
    assert program.stdout.read(7) == b"half an"
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=TIMEOUT)
    assert (out, err, program.returncode) == (b"\n", b"", 130)
    assert running.outcome() == "closed"


@pytest.mark.parametrize("line", [[], ["--json"]])
def test_ctrl_c_before_the_response_exits(line: list[str], tmp_path: Path, model: Scripts) -> None:
    running = model({"delay_ms": 60_000})
    program = start(tmp_path, running, *line)
    while not running.log():
        assert program.poll() is None
    program.send_signal(signal.SIGINT)
    assert program.communicate(timeout=TIMEOUT) == (b"", b"")
    assert program.returncode == 130
    assert running.outcome() == "closed"


def test_closed_pipe_exits_without_a_message(tmp_path: Path, model: Scripts) -> None:
    running = model(chat(*["line\n"] * 3, *["more\n"] * 3000, end="stall", delay=1))
    program = start(tmp_path, running)
    assert program.stdout is not None
    assert program.stdout.read(5) == b"line\n"
    program.stdout.close()
    assert program.stderr is not None
    assert program.stderr.read() == b""
    assert program.wait(timeout=TIMEOUT) == 141
    assert running.outcome() == "closed"


def test_invalid_utf8_arguments_are_replaced(tmp_path: Path, model: Scripts) -> None:
    running = model(chat("ü"))
    line: list[Any] = [*PROGRAM, "ask", "--base-url", running.url, b"caf\xe9"]
    variables = environment(tmp_path, PYTHONIOENCODING="ascii")
    ended = subprocess.run(line, env=variables, input=b"", capture_output=True, timeout=TIMEOUT, check=False)
    assert (ended.stdout, ended.stderr, ended.returncode) == (b"?\n", b"", 0)
    assert running.bodies()[0]["messages"][0]["content"] == "caf\ufffd"


def test_version_and_help(tmp_path: Path) -> None:
    for line in ([*PROGRAM, "--version"], [str(Path(PROGRAM[0]).parent / "trilogue"), "--version"]):
        ended = subprocess.run(
            line, env=environment(tmp_path), capture_output=True, text=True, timeout=TIMEOUT, check=True
        )
        assert ended.stdout.startswith("trilogue ")
    helped = subprocess.run([*PROGRAM, "--help"], capture_output=True, text=True, timeout=TIMEOUT, check=True)
    assert all(f"    {name} " in helped.stdout for name in ("chat", "ask", "local"))
