"""Tests of `trilogue.tokens` and of `trilogue count`. `core/tests/tokens.rs` tests the tokenizer itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TEXT = "Hello, world! Größe 中文 🙂 <|start|>"


@pytest.fixture
def data(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the data on the path of interpreters."""
    monkeypatch.setenv("PYTHONPATH", str(installed), prepend=os.pathsep)


def run(program: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program in an interpreter of its own: the vocabulary is kept for a whole process."""
    command = [sys.executable, *(("-c", program) if program else ("-m", "trilogue")), *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.mark.usefixtures("data")
def test_text_becomes_tokens_and_tokens_become_text() -> None:
    program = f"""
import trilogue
tokens = trilogue.tokens
text = {TEXT!r}
ids = tokens.encode(text)
assert tokens.encode("Hello, world!") == [13225, 11, 2375, 0] == ids[:4], ids
assert tokens.count(text) == len(ids) and tokens.count("") == 0
assert tokens.decode(ids) == text and tokens.decode_bytes(iter(ids)) == text.encode()
assert tokens.encode(text, special=True)[-1] == 200006 and tokens.count("<|start|>", special=True) == 1
assert tokens.decode([200006]) == "<|start|>"
assert tokens.count_up_to(text, len(ids)) == len(ids) and tokens.count_up_to(text, len(ids) - 1) is None
assert tokens.count_up_to("", 0) == 0 and tokens.count_up_to("", -1) is None
assert tokens.count_up_to(text, 2**80) == len(ids)
for wrong in (201088, 2**32 - 1, 2**32, 2**80, -1, 1.5, "13225", None):
    try:
        tokens.decode([13225, wrong])
    except trilogue.InvalidRequestError as error:
        assert str(error).startswith(repr(wrong) + " is not a token"), error
    else:
        raise AssertionError(wrong)
"""
    done = run(program)
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("call", ["encode(text)", "count(text)", "decode(ids)"])
def test_interpreter_exits_while_threads_encode(call: str) -> None:
    program = f"""
import threading
from trilogue import tokens
text = "one two " * 20_000
ids = tokens.encode(text)
busy = threading.Barrier(4)
def work():
    tokens.{call}
    busy.wait()
    while True:
        tokens.{call}
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
busy.wait()
"""
    for _ in range(20):
        done = run(program)
        assert (done.returncode, done.stderr) == (0, "")


def test_import_does_not_load_the_tokenizer() -> None:
    done = run("import sys, trilogue; print('trilogue.tokens' in sys.modules)")
    assert done.stdout.strip() == "False", done.stderr


def test_missing_data_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    done = run(
        "import trilogue\ntry: trilogue.tokens.count('a')\nexcept trilogue.ConfigurationError as error: print(error)"
    )
    assert "pip install 'trilogue[tokens]'" in done.stdout, done.stderr
    command = run("", "count", text="a")
    assert (command.returncode, command.stdout) == (1, "")
    assert "pip install 'trilogue[tokens]'" in command.stderr


@pytest.mark.usefixtures("data")
def test_command_counts_files_and_pipes(tmp_path: Path) -> None:
    first, second, binary = tmp_path / "first.txt", tmp_path / "second.txt", tmp_path / "binary"
    first.write_text("Hello, world!", encoding="utf-8")
    second.write_text("<|start|>", encoding="utf-8")
    binary.write_bytes(b"a\xff")
    assert run("", "count", str(first)).stdout == "4\n"
    assert run("", "count", text="Hello, world!").stdout == "4\n"
    done = run("", "count", "--special", str(first), str(second))
    assert done.stdout.split() == ["4", str(first), "1", str(second), "5", "total"]
    for wrong, message in ((binary, "not UTF-8: byte 1"), (tmp_path / "none", "No such file")):
        done = run("", "count", str(wrong))
        assert done.returncode == 2
        assert message in done.stderr
