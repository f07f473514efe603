"""Fixtures of the `claude-code` tests: the command in an environment of its own, and servers that record requests.

Invariant: reads and writes no file of this machine's user; asserts nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

KEY = "k-'\"$HOME`id`"
#: Time limit that detects hangs, in seconds.
LONG = 120


class Program:
    """The command, run in a folder with a home of its own."""

    def __init__(self, folder: Path, path: str) -> None:
        #: The working folder.
        self.folder = folder / "project"
        self.folder.mkdir()
        home = folder / "home"
        home.mkdir()
        kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        self.environment = {**kept, "PATH": path, "HOME": str(home), "LANG": "C.UTF-8"}

    def __call__(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `claude-code` with these arguments to its end."""
        return self.run([sys.executable, "-m", "trilogue", "claude-code", *arguments], **variables)

    def run(self, command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
        """Run any program to its end."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONG,
            check=False,
        )


class _Handler(BaseHTTPRequestHandler):
    """Forwards requests to a model, and records them."""

    protocol_version = "HTTP/1.1"
    server: Recorder

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.requests.append(
            {"path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()}, "body": body}
        )
        status, kind, reply = self.server.answer(self.path, body)
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class Recorder(ThreadingHTTPServer):
    """A server below `/api/v7/llm` that records requests and answers itself or forwards them to a model."""

    def __init__(self, model: str | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._model = model
        self.requests: list[dict[str, Any]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/api/v7/llm"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, str, bytes]:
        """Answer a request."""
        if self._model is None:
            return 200, "text/event-stream", _message("Hello from a script.")
        # Greedy and short: a small model does not stop by itself.
        sent = json.dumps({**body, "temperature": 0, "stop_sequences": [".", "\n\n"], "max_tokens": 200}).encode()
        address = self._model + path.removeprefix("/api/v7/llm")
        request = urllib.request.Request(address, data=sent, headers={"content-type": "application/json"})
        with urllib.request.urlopen(request) as reply:
            return reply.status, reply.headers["content-type"], reply.read()


def _message(text: str) -> bytes:
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": []}
    usage = {"input_tokens": 1, "output_tokens": 1}
    delta = {"type": "text_delta", "text": text}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    ]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """Start a server that answers itself."""
    with Recorder(None) as running:
        yield running
        running.shutdown()


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Create an environment in which `claude` is a script that prints its arguments and variables."""
    tools = tmp_path / "tools"
    tools.mkdir()
    claude = tools / "claude"
    claude.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nenv -0\nexit 7\n')
    claude.chmod(0o755)
    return Program(tmp_path, f"{tools}:{os.environ['PATH']}")
