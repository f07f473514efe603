"""The real Claude Code, from npm, against a scripted model and against the embedded model.

It runs headless with a home folder of its own; the tests check its requests, and that an answer arrives.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Program, Recorder

KEY = "k-123"


@pytest.fixture
def real(tmp_path: Path) -> Program:
    """Create an environment with the real `claude`."""
    return Program(tmp_path, f"{os.environ['TRILOGUE_CLAUDE']}:{os.environ['PATH']}")


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    """Start the embedded model."""
    command = [os.environ["TRILOGUE_DEMO_PYTHON"], "-m", "trilogue", "local", "--context", "8192", "--with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


def models(recorder: Recorder) -> set[str]:
    """Return the requested models; every request must be for messages below the endpoint's path."""
    assert all(request["path"].startswith("/api/v7/llm/v1/messages?") for request in recorder.requests)
    return {request["body"]["model"] for request in recorder.requests}


def headers(recorder: Recorder, name: str) -> set[str | None]:
    """Return the values of a header."""
    return {request["headers"].get(name) for request in recorder.requests}


@pytest.mark.parametrize(("auth", "header", "value"), [("bearer", "authorization", f"Bearer {KEY}"), ("x-api-key", "x-api-key", KEY)])  # fmt: skip
def test_exec(real: Program, recorder: Recorder, auth: str, header: str, value: str) -> None:
    given = ["--exec", "--base-url", recorder.url, "--model", "my/model", "--auth", auth, "--", "-p", "Say hello."]
    ended = real(*given, MODELSLAB_API_KEY=KEY, ANTHROPIC_API_KEY="of Anthropic")
    assert (ended.returncode, ended.stdout) == (0, "Hello from a script.\n"), ended
    assert models(recorder) == {"my/model"}
    assert headers(recorder, header) == {value}
    assert headers(recorder, {"authorization": "x-api-key", "x-api-key": "authorization"}[header]) == {None}


def test_printed(real: Program, recorder: Recorder) -> None:
    command = f'eval "$({sys.executable} -m trilogue claude-code --base-url {recorder.url} -m my/model)"; claude -p Hi'
    ended = real.run(["bash", "-c", command], MODELSLAB_API_KEY=KEY)
    assert (ended.returncode, ended.stdout) == (0, "Hello from a script.\n"), ended
    assert models(recorder) == {"my/model"}
    assert headers(recorder, "authorization") == {f"Bearer {KEY}"}


@pytest.mark.parametrize("how", [[], ["--with-key"]], ids=["helper", "with-key"])
def test_settings(real: Program, recorder: Recorder, how: list[str]) -> None:
    written = real("--settings", "--base-url", recorder.url, "-m", "my/model", *how, MODELSLAB_API_KEY=KEY)
    assert written.returncode == 0, written
    ended = real.run(["claude", "-p", "Hi"], MODELSLAB_API_KEY=KEY)
    assert (ended.returncode, ended.stdout) == (0, "Hello from a script.\n"), ended
    assert models(recorder) == {"my/model"}
    assert headers(recorder, "authorization") == {f"Bearer {KEY}"}
    # The key of the helper is sent in both headers.
    assert headers(recorder, "x-api-key") <= {KEY, None}


def test_the_embedded_model_answers(real: Program, model: str) -> None:
    with Recorder(model) as recorder:
        # Its context is too small for Claude Code's instructions and tools.
        short = ["--system-prompt", "Be brief.", "--tools", "", "--max-turns", "1"]
        given = ["--exec", "--base-url", recorder.url, "--model", "smollm2-135m-instruct", "--context", "8192"]
        ended = real(*given, "--", "-p", "Say hello.", *short, MODELSLAB_API_KEY=KEY)
        recorder.shutdown()
    assert ended.returncode == 0, ended
    assert ended.stdout.strip()
    assert models(recorder) == {"smollm2-135m-instruct"}
    assert headers(recorder, "authorization") == {f"Bearer {KEY}"}
    assert all(request["body"]["stream"] for request in recorder.requests)
