"""Fixtures of the snippet tests: a server with prepared answers, programs that run snippets, requests with every kind of text.

Invariant: runs a snippet as a user would, in a process of its own, and returns its output and the received requests; asserts nothing.
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
#: A key with what every shell and language has a meaning for.
KEY = "k-\"'$HOME`id`\\n!{$x}%s"
#: Time limit that detects hangs, in seconds.
LONG = 60
#: The answer of the server, in the deltas of a stream.
DELTAS = ["Hé", 'llo "you"', " $x `y` \\n\n", "", "\u65e5\u672c \U0001f642 ", "</script>"]
ANSWER = "".join(DELTAS)


@dataclass(frozen=True)
class Target:
    """A language, and how a snippet in it is run."""

    language: str
    style: str
    options: dict[str, Any] = field(default_factory=dict[str, Any])

    def __str__(self) -> str:
        return "-".join([self.language, self.style, *self.options])

    def run(self, code: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
        """Run a snippet to its end."""
        name, command = {
            "python": ("snippet.py", [sys.executable]),
            "javascript": ("snippet.mjs", ["node"]),
            "curl": ("snippet.sh", ["bash"]),
            "php": ("snippet.php", [PHP]),
        }[self.language]
        if self.language == "javascript":
            # There it finds the package.
            folder = NODE / "snippets"
            folder.mkdir(exist_ok=True)
            name = f"{uuid.uuid4().hex}.mjs"
        path = folder / name
        path.write_text(code, encoding="utf-8", newline="")
        return subprocess.run(
            [*command, str(path)], env=environment, capture_output=True, timeout=LONG, check=False, cwd=folder
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


def _answers() -> dict[str, dict[str, Any]]:
    """Return what the server answers, by name."""
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
    whole = {**message, "content": content, "stop_reason": "end_turn", "usage": counts}
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
    called = {"role": "assistant", "content": None, "tool_calls": [call]}
    asked = {**completion, "choices": [{"index": 0, "message": called, "finish_reason": "tool_calls"}]}
    block = {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Köln"}}
    block_delta = {"type": "input_json_delta", "partial_json": '{"city": "Köln"}'}
    refused = {"error": {"message": "the key is wrong", "type": "auth", "code": "no"}}
    return {
        "chat": {"headers": plain, "body": [json.dumps(completion)]},
        "chat-stream": {"body": chat_stream},
        "messages": {"headers": plain, "body": [json.dumps(whole)]},
        "messages-stream": {"body": _sse(events, named=True)},
        "count_tokens": {"headers": plain, "body": ['{"input_tokens": 15}']},
        "chat-calls": {"headers": plain, "body": [json.dumps(asked)]},
        "chat-calls-stream": {
            "body": [
                *_sse([{**chunks[0], "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}], named=False),
                *_sse(chunks[-2:], named=False),
            ]
        },
        "messages-calls": {"headers": plain, "body": [json.dumps({**whole, "content": [content[0], block]})]},
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
        "refused": {"status": 401, "headers": plain, "body": [json.dumps(refused)]},
        "broken-stream": {"body": [*_sse(chunks[:1], named=False), f"data: {json.dumps(refused)}\n\n"]},
    }


class Place:
    """An address of the server, and what came there."""

    def __init__(self, root: str, answer: str) -> None:
        self._root = root
        self._nonce = uuid.uuid4().hex
        #: Bytes are cut anywhere.
        self.url = f"{root}/v/{answer}/random/{self._nonce}"

    def request(self) -> dict[str, Any]:
        """Return the one request that came; its `sent` is its body."""
        with urllib.request.urlopen(f"{self._root}/log/{self._nonce}") as reply:
            (entry,) = json.load(reply)
        return {**entry, "sent": json.loads(entry["text"])}


class Server:
    """A running test server."""

    def __init__(self, folder: Path) -> None:
        for name, response in _answers().items():
            vector = {"about": "a script", "response": response, "expect": {}}
            (folder / f"{name}.json").write_text(json.dumps(vector))
        command = [str(ROOT / "target/debug/trilogue-test-server"), str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self._root = self.process.stdout.readline().strip()

    def place(self, answer: str) -> Place:
        """Return an address that nobody else has."""
        return Place(self._root, answer)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start the server once."""
    running = Server(tmp_path_factory.mktemp("vectors"))
    yield running
    running.process.kill()
    running.process.communicate()


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a snippet, with no key but the one that is given."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", **more}


def said(target: Target, printed: bytes, endpoint: str, *, stream: bool) -> str:
    """Return the answer that a snippet printed."""
    text = printed.decode()
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
