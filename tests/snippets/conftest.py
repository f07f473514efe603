"""Fixtures for the snippet tests: a server with prepared responses, and the commands that run snippets of each language.

Snippets run in processes of their own, as users run them. This module returns their output and requests, and leaves all assertions to
the tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(os.environ["TRILOGUE_ROOT"])
#: A project in which the npm package is installed.
NODE = Path(os.environ["TRILOGUE_NODE_PROJECT"])
PHP = os.environ["TRILOGUE_PHP"]
#: A key with special characters of every shell and language.
KEY = "k-\"'$HOME`id`\\n!{$x}%s"
#: Timeout for each process, in seconds.
TIMEOUT = 60
#: The deltas of the server's answer.
DELTAS = ["Hé", 'llo "you"', " $x `y` \\n\n", "", "\u65e5\u672c \U0001f642 ", "</script>"]
ANSWER = "".join(DELTAS)


@dataclass(frozen=True)
class Target:
    """A snippet language and style, and the command that runs such snippets."""

    language: str
    style: str
    options: dict[str, Any] = field(default_factory=dict[str, Any])

    def __str__(self) -> str:
        return "-".join([self.language, self.style, *self.options])

    def run(self, code: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
        """Run a snippet until it exits."""
        name, command = {
            "python": ("snippet.py", [sys.executable]),
            "javascript": ("snippet.mjs", ["node"]),
            "curl": ("snippet.sh", ["bash"]),
            "php": ("snippet.php", [PHP]),
        }[self.language]
        if self.language == "javascript":
            # Node resolves the package from this folder.
            folder = NODE / "snippets"
            folder.mkdir(exist_ok=True)
            name = f"{uuid.uuid4().hex}.mjs"
        path = folder / name
        path.write_text(code, encoding="utf-8", newline="")
        return subprocess.run(
            [*command, str(path)], env=environment, capture_output=True, timeout=TIMEOUT, check=False, cwd=folder
        )


TARGETS = [
    Target("python", "client"),
    Target("python", "client", {"asynchronous": True}),
    Target("python", "http"),
    Target("javascript", "client"),
    Target("javascript", "http"),
    Target("curl", "http"),
    Target("php", "http"),
]

_ABOUT = {"id": "c", "created": 1, "model": "m"}


def _sse(events: list[dict[str, Any]], *, named: bool) -> list[str]:
    return [
        (f"event: {event['type']}\r\n" if named else "") + f"data: {json.dumps(event, ensure_ascii=False)}\r\n\r\n"
        for event in events
    ]


def _responses() -> dict[str, dict[str, Any]]:
    """Return the responses of the server by name."""
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    choice = {"index": 0, "message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}
    completion = {**_ABOUT, "object": "chat.completion", "choices": [choice], "usage": usage}
    deltas = [{"index": 0, "delta": {"content": text}, "finish_reason": None} for text in DELTAS]
    chunks: list[dict[str, Any]] = [{**_ABOUT, "object": "chat.completion.chunk", "choices": [one]} for one in deltas]
    chunks.append({**chunks[0], "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    chunks.append({**chunks[0], "choices": [], "usage": usage})
    message: dict[str, Any] = {"id": "m", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
    counts = {"input_tokens": 1, "output_tokens": 1}
    content = [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": ANSWER}]
    complete = {**message, "content": content, "stop_reason": "end_turn", "usage": counts}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None, "usage": counts}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": text}}
            for text in DELTAS
        ),
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    plain = {"content-type": "application/json"}
    chat_stream = [": OPENROUTER PROCESSING\r\n\r\n", *_sse(chunks, named=False), "data: [DONE]\r\n\r\n"]
    function = {"name": "weather", "arguments": '{"city": "Köln"}'}
    call = {"index": 0, "id": "c1", "type": "function", "function": function}
    tool_message = {"role": "assistant", "content": None, "tool_calls": [call]}
    tool_completion = {**completion, "choices": [{"index": 0, "message": tool_message, "finish_reason": "tool_calls"}]}
    block = {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Köln"}}
    block_delta = {"type": "input_json_delta", "partial_json": '{"city": "Köln"}'}
    error = {"error": {"message": "the key is wrong", "type": "auth", "code": "no"}}
    return {
        "chat": {"headers": plain, "body": [json.dumps(completion)]},
        "chat-stream": {"body": chat_stream},
        "messages": {"headers": plain, "body": [json.dumps(complete)]},
        "messages-stream": {"body": _sse(events, named=True)},
        "count_tokens": {"headers": plain, "body": ['{"input_tokens": 15}']},
        "chat-calls": {"headers": plain, "body": [json.dumps(tool_completion)]},
        "chat-calls-stream": {
            "body": [
                *_sse([{**chunks[0], "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}], named=False),
                *_sse(chunks[-2:], named=False),
            ]
        },
        "messages-calls": {"headers": plain, "body": [json.dumps({**complete, "content": [content[0], block]})]},
        "messages-calls-stream": {
            "body": _sse(
                [
                    events[0],
                    {**events[1], "content_block": {**block, "input": {}}},
                    {**events[2], "delta": block_delta},
                    events[3],
                    *events[-2:],
                ],
                named=True,
            )
        },
        "error": {"status": 401, "headers": plain, "body": [json.dumps(error)]},
        "error-in-stream": {"body": [*_sse(chunks[:1], named=False), f"data: {json.dumps(error)}\n\n"]},
    }


class Route:
    """A unique base URL of the server that records its request."""

    def __init__(self, root: str, response: str) -> None:
        self._root = root
        self._nonce = uuid.uuid4().hex
        #: Base URL whose responses are split at random positions.
        self.url = f"{root}/v/{response}/random/{self._nonce}"

    def request(self) -> dict[str, Any]:
        """Return the single recorded request. `json` is its parsed body."""
        with urllib.request.urlopen(f"{self._root}/log/{self._nonce}") as reply:
            (entry,) = json.load(reply)
        return {**entry, "json": json.loads(entry["text"])}


class Server:
    """A running test server."""

    def __init__(self, folder: Path) -> None:
        for name, response in _responses().items():
            vector = {"about": "a script", "response": response, "expect": {}}
            (folder / f"{name}.json").write_text(json.dumps(vector))
        command = [str(ROOT / "target/debug/trilogue-test-server"), str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self._root = self.process.stdout.readline().strip()

    def route(self, response: str) -> Route:
        """Return a new route for a response."""
        return Route(self._root, response)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start the server once per session."""
    running = Server(tmp_path_factory.mktemp("vectors"))
    yield running
    running.process.kill()
    running.process.communicate()


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a snippet, without the API keys of the current user."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", **more}


def answer_text(target: Target, output: bytes, endpoint: str, *, stream: bool) -> str:
    """Return the answer text in the output of a snippet."""
    text = output.decode()
    if target.language != "curl":
        assert text.endswith("\n"), text
        return text[:-1]
    if stream:
        data = [line[5:].strip() for line in text.split("\n") if line.startswith("data:")]
        events = [json.loads(one) for one in data if one != "[DONE]"]
        if endpoint == "messages":
            return "".join(event.get("delta", {}).get("text", "") for event in events)
        return "".join(event["choices"][0]["delta"].get("content", "") for event in events if event["choices"])
    reply = json.loads(text)
    if endpoint == "messages":
        return "".join(block.get("text", "") for block in reply["content"])
    return str(reply["choices"][0]["message"]["content"] if endpoint == "chat" else reply["input_tokens"])
