"""Fixtures for the tests of the terminal client: scripted responses and a terminal emulator.

This module starts and stops processes and reads their screens. Its only assertions are timeouts.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyte
import pytest

from scripted import Scripts

ROOT = Path(os.environ["TRILOGUE_ROOT"])
PROGRAM = [sys.executable, "-m", "trilogue"]
ANSI = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z])")
#: Timeout for each wait, in seconds.
TIMEOUT = 30


def frames(events: list[dict[str, Any]], *, named: bool = False, delay: int = 0) -> list[Any]:
    """Return server-sent events as pieces of a body."""
    texts = [(f"event: {event['type']}\n" if named else "") + f"data: {json.dumps(event)}\n\n" for event in events]
    return [{"text": text, "delay_ms": delay} for text in texts] if delay else texts


def chat(
    *texts: str, thoughts: tuple[str, ...] = (), end: str = "clean", delay: int = 0, **usage: Any
) -> dict[str, Any]:
    """Return a streamed chat completion. With the `end` `truncated` or `stall`, it has no finish_reason."""
    about = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    deltas = [{"reasoning": text} for text in thoughts] + [{"content": text} for text in texts]
    chunks = [{**about, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    body = frames(chunks, delay=delay)
    if end != "clean":
        return {"body": body, "end": end}
    counts = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12, **usage}
    last = [{**about, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]
    last.append({**about, "choices": [], "usage": counts})
    return {"body": [*body, *frames(last), "data: [DONE]\n\n"]}


def message(*texts: str, thoughts: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a streamed message."""
    start = {"id": "msg", "type": "message", "role": "assistant", "model": "m", "content": []}
    start |= {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 5, "output_tokens": 1}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": start}]
    blocks = [("thinking", thoughts), ("text", texts)] if thoughts else [("text", texts)]
    for index, (kind, parts) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": {"type": kind, kind: ""}})
        deltas = [{"type": f"{kind}_delta", kind: part} for part in parts]
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    events.append({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}})
    return {"body": frames([*events, {"type": "message_stop"}], named=True)}


def json_response(value: dict[str, Any], status: int = 200) -> dict[str, Any]:
    """Return a non-streaming response."""
    return {"status": status, "headers": {"content-type": "application/json"}, "body": [json.dumps(value)]}


def completion(text: str) -> dict[str, Any]:
    """Return a non-streaming chat completion."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


#: An authentication error whose message contains control characters.
REJECTED = json_response(
    {"error": {"message": "the key\n\x1b]0;title\x07 is wrong", "type": "auth", "code": "no"}}, 401
)


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Scripts]:
    """Start the servers of one test and stop them afterwards."""
    made = Scripts(tmp_path)
    yield made
    made.end()


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of the program, independent of the current user."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    home = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state"), "LANG": "C.UTF-8"}
    return {**kept, **home, "TERM": "xterm-256color", **more}


class Terminal:
    """A program in a pseudo-terminal with an emulated screen."""

    def __init__(self, command: list[str], variables: dict[str, str], columns: int = 80, lines: int = 24) -> None:
        self._screen = pyte.HistoryScreen(columns, lines, history=100_000)
        # prompt_toolkit requests the cursor position.
        self._screen.write_process_input = self.send
        self._stream = pyte.ByteStream(self._screen)
        #: All output of the program.
        self.raw = b""
        self.master, slave = pty.openpty()
        self._set_size(columns, lines)

        def control() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=variables, start_new_session=True, preexec_fn=control
        )
        os.close(slave)

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns: int, lines: int) -> None:
        """Resize the window."""
        self.read(0)
        # The emulator drops rows when the window gets shorter. Terminals move them to the history.
        for y in range(self._screen.lines - lines):
            self._screen.history.top.append(self._screen.buffer[y])
        self._screen.resize(lines, columns)
        self._set_size(columns, lines)

    def send(self, keys: str) -> None:
        """Send keys to the program."""
        os.write(self.master, keys.encode())

    def submit(self, text: str) -> None:
        """Enter a message at the prompt."""
        self.wait_for_prompt()
        self.send(f"{text}\r")

    def read(self, seconds: float) -> bool:
        """Read output of the program. Return whether there was any."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return False
        try:
            written = os.read(self.master, 1 << 20)
        except OSError:
            return False
        self.raw += written
        self._stream.feed(written)
        return bool(written)

    def rows(self) -> list[str]:
        """Return all rows, including the history."""
        columns = self._screen.columns
        cells = [*self._screen.history.top, *(self._screen.buffer[y] for y in range(self._screen.lines))]
        return ["".join(row[x].data for x in range(columns)).rstrip() for row in cells]

    def text(self) -> str:
        """Return all rows as one string."""
        return "\n".join(self.rows())

    def styles(self, text: str) -> Any:
        """Return the first cell of a text on the screen, with its style."""
        for y in range(self._screen.lines):
            row = self._screen.buffer[y]
            column = "".join(row[x].data or " " for x in range(self._screen.columns)).find(text)
            if column >= 0:
                return row[column]
        message = f"{text!r} is not on the screen:\n{self.text()}"
        raise AssertionError(message)

    def wait_for(self, text: str, times: int = 1) -> None:
        """Wait until the screen contains a text, or several copies of it."""
        deadline = time.monotonic() + TIMEOUT
        while self.text().count(text) < times:
            # Reading the screen is more expensive than updating it.
            for _ in range(20):
                if not self.read(0.02):
                    break
            assert time.monotonic() < deadline, f"{text!r} did not appear:\n{self.text()}"

    def wait_for_prompt(self) -> None:
        """Wait until the program shows its prompt."""
        deadline = time.monotonic() + TIMEOUT
        while not (self.cursor_row().startswith("> ") and not self.read(0.1)):
            self.read(0.02)
            assert time.monotonic() < deadline, f"no prompt:\n{self.text()}"

    def cursor_row(self) -> str:
        """Return the text of the cursor's row."""
        row = self._screen.buffer[self._screen.cursor.y]
        return "".join(row[x].data for x in range(self._screen.columns))

    def is_echoing(self) -> bool:
        """Return whether the terminal echoes input."""
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def wait_for_exit(self) -> int:
        """Wait until the program exits, and return its exit code."""
        deadline = time.monotonic() + TIMEOUT
        while self.process.poll() is None:
            self.read(0.02)
            assert time.monotonic() < deadline, f"the program does not exit:\n{self.text()}"
        while self.read(0):
            pass
        return self.process.returncode

    def kill(self) -> None:
        """Kill the program and its child processes."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.master)


class Terminals:
    """Starts the terminals of one test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.running: list[Terminal] = []

    def __call__(
        self, url: str, *arguments: str, command: str = "chat", columns: int = 80, lines: int = 24, **variables: str
    ) -> Terminal:
        """Start the terminal client in a terminal."""
        line = [*PROGRAM, command, "--base-url", url, "-m", "m", *arguments]
        self.running.append(Terminal(line, environment(self._folder, **variables), columns, lines))
        return self.running[-1]

    def run(self, line: list[str], **variables: str) -> Terminal:
        """Start any program in a terminal."""
        self.running.append(Terminal(line, environment(self._folder, **variables)))
        return self.running[-1]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminals]:
    """Start the terminals of one test and stop them afterwards."""
    made = Terminals(tmp_path)
    yield made
    for running in made.running:
        running.kill()
