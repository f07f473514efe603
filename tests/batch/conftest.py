"""Fixtures for the tests of batches: a server that counts the requests of each row and fails where a test says so.

Invariant: the server answers each request by itself, and remembers which rows it has answered.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

MODEL = "openai-gpt-oss-120b"
#: The status, the headers and the delay in seconds of an answer to a row, given how often the row was requested before.
Rule = Callable[[int, int], "tuple[int, dict[str, str], float]"]


def always(_row: int, _before: int) -> tuple[int, dict[str, str], float]:
    """Answer each request at once."""
    return 200, {}, 0.0


@dataclass
class Server:
    """A server on the loopback interface, in a thread of its own."""

    rule: Rule = always
    requests: Counter[int] = field(default_factory=Counter[int])
    answered: Counter[int] = field(default_factory=Counter[int])
    statuses: Counter[int] = field(default_factory=Counter[int])
    bodies: dict[int, Any] = field(default_factory=dict[int, Any])
    #: The text of the answer to a row.
    answer: Callable[[int], str] = lambda row: f"Answer {row}"
    #: Requests of these rows wait.
    holds: Callable[[int], bool] = lambda _row: False
    #: Each answer waits until this many requests have been in flight at a time.
    gather: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    base_url: str = ""

    def start(self) -> None:
        """Listen, and serve until the process ends."""
        ready = threading.Event()

        async def serve() -> None:
            server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
            self.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            ready.set()
            await server.serve_forever()

        threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
        assert ready.wait(10)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head.lower())
                assert length is not None
                body = json.loads(await reader.readexactly(int(length[1])))
                await self._answer(body, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        found = re.search(r"row (\d+)", body["messages"][0]["content"])
        row = int(found[1]) if found else -1
        self.bodies[row] = body
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        status, headers, delay = self.rule(row, self.requests[row])
        self.requests[row] += 1
        if delay:
            await asyncio.sleep(delay)
        while self.holds(row) or self.most_in_flight < self.gather:  # noqa: ASYNC110  (the test runs in another thread)
            await asyncio.sleep(0.002)
        if status == 200:
            choice = {
                "index": 0,
                "message": {"role": "assistant", "content": self.answer(row)},
                "finish_reason": "stop",
            }
            usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
            about = {"id": f"c{row}", "object": "chat.completion", "created": 1, "model": body["model"]}
            answer: Any = {**about, "choices": [choice], "usage": usage}
            self.answered[row] += 1
        else:
            answer = {"error": {"message": f"status {status}", "type": "test", "code": f"code_{status}"}}
        self.statuses[status] += 1
        self.in_flight -= 1
        text = json.dumps(answer).encode()
        lines = [f"HTTP/1.1 {status} Status", "content-type: application/json", f"content-length: {len(text)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + text)
        await writer.drain()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """Start a server that answers each request, until a test changes its rule."""
    for name in ("MODELSLAB_API_KEY", "MODELSLAB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    made = Server()
    made.start()
    return made


def line(row: int, **more: Any) -> dict[str, Any]:
    """Return a line of OpenAI's batch format."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": f"row {row}"}], "max_tokens": 100, **more}
    return {"custom_id": f"id-{row}", "method": "POST", "url": "/v1/chat/completions", "body": body}


def write(path: Path, rows: list[Any]) -> Path:
    """Write rows as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a log, each of which must be whole."""
    text = path.read_bytes()
    assert not text or text.endswith(b"\n")
    return [json.loads(line) for line in text.splitlines()]
