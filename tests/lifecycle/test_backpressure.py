"""A client that does not read holds its server back, and does not grow.

The tests use real sockets and the installed packages. The kernel buffers up to 10 MB, so the limits are far above that, and far below what
the server would send.
"""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest
from conftest import BROWSER, NODE, PYTHON, ROOT, environment

MEGABYTE = 1 << 20
ENDLESS = 200 * MEGABYTE
MOST_SENT = 16 * MEGABYTE
# Chromium buffers 64 MB of a `fetch` before it holds the server back.
MOST_SENT_TO_A_PAGE = 96 * MEGABYTE
MOST_GROWN = 48 * MEGABYTE
# The clients pause for two seconds; filling a browser's buffers takes a part of that on a busy machine.
LEAST_STUCK = 0.5

HEAD = (
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n"
    "access-control-allow-origin: *\r\naccess-control-allow-headers: *, authorization\r\n\r\n"
)


def chunk(text: str) -> bytes:
    """Return an event whose delta is `text`."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    fields = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(fields)}\n\n".encode()


class Flood:
    """Sends a stream as fast as its reader accepts it."""

    def __init__(self) -> None:
        self.sent = 0
        self.stuck = 0.0
        self.closed = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        """Answer every connection in a thread of its own: a browser sends a preflight request first."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection: socket.socket) -> None:
        """Send until the reader disconnects, or everything has been sent."""
        with connection:
            received = b""
            while b"\r\n\r\n" not in received:
                received += connection.recv(65536)
            connection.sendall(HEAD.encode())
            if received.startswith(b"OPTIONS"):
                return
            connection.sendall(chunk("a") * 3)
            large = memoryview(chunk("b" * 60_000))
            try:
                while self.sent < ENDLESS:
                    self.send(connection, large)
            except OSError:
                self.closed.set()

    def send(self, connection: socket.socket, data: memoryview) -> None:
        """Send all of `data`, and record how much the kernel accepts and how long it accepts nothing."""
        while data:
            began = time.monotonic()
            try:
                taken = connection.send(data)
            finally:
                self.stuck = max(self.stuck, time.monotonic() - began)
            self.sent += taken
            data = data[taken:]


@pytest.fixture
def flood() -> Iterator[Flood]:
    """Start a server of a long stream."""
    serving = Flood()
    yield serving
    serving.listener.close()


PYTHON_START = (
    "import asyncio, os, sys, time, trilogue\n"
    "ask = dict(model='m', messages=[{'role': 'user', 'content': 'Hi'}], stream=True)\n"
    "def resident():\n"
    "    with open('/proc/self/statm') as file:\n"
    "        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')\n"
)
PYTHON_END = "print(after - before, flush=True)\nsys.stdin.read()\n"
SCRIPT = (
    "const ask = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true };\n"
    "const stream = await client.chat.completions.create(ask);\n"
    "for (let i = 0; i < 3; i++) if ((await stream.next()).value.choices[0].delta.content !== 'a') throw new Error();\n"
    "const before = resident();\n"
    "await new Promise((over) => setTimeout(over, 2000));\n"
    "const after = resident();\n"
    "stream.close();\n"
)
PROGRAMS = {
    "python": [
        PYTHON,
        "-c",
        PYTHON_START + "stream = trilogue.Client().chat.completions.create(**ask)\n"
        "assert [next(stream).text for _ in range(3)] == ['a', 'a', 'a']\n"
        "before = resident()\n"
        "time.sleep(2)\n"
        "after = resident()\n"
        "stream.close()\n" + PYTHON_END,
    ],
    "python async": [
        PYTHON,
        "-c",
        PYTHON_START + "async def main():\n"
        "    stream = await trilogue.AsyncClient().chat.completions.create(**ask)\n"
        "    assert [(await anext(stream)).text for _ in range(3)] == ['a', 'a', 'a']\n"
        "    before = resident()\n"
        "    await asyncio.sleep(2)\n"
        "    after = resident()\n"
        "    await stream.close()\n"
        "    return before, after\n"
        "before, after = asyncio.run(main())\n" + PYTHON_END,
    ],
    "node": [
        "node",
        "--input-type=module",
        "-e",
        "import { Client } from 'trilogue';\n"
        "const client = new Client();\n"
        "const resident = () => process.memoryUsage.rss();\n" + SCRIPT + "console.log(after - before);\n"
        "process.stdin.resume();\n",
    ],
    # A page cannot measure its memory, so only the server's side is checked.
    "browser": ["node", str(ROOT / "tests/runners/script.mjs"), "const resident = () => 0;\n" + SCRIPT, *BROWSER],
}


@pytest.mark.parametrize("runtime", PROGRAMS)
def test_an_idle_reader_blocks_its_server(runtime: str, flood: Flood) -> None:
    program = subprocess.Popen(
        PROGRAMS[runtime],
        env=environment(flood.url),
        cwd=NODE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    line = program.stdout.readline().strip()
    # The program keeps running, so the stream has closed the connection.
    closed = flood.closed.wait(1)
    _, complaint = program.communicate(timeout=20)
    assert line, complaint
    assert runtime == "browser" or int(line) < MOST_GROWN
    assert 0 < flood.sent < (MOST_SENT_TO_A_PAGE if runtime == "browser" else MOST_SENT)
    assert flood.stuck > LEAST_STUCK
    assert closed
