"""Every kind of cancellation closes the socket, and the server notices it.

The tests use real sockets and the installed packages. The program prints "given up" and keeps running, so that the client closes the
connection and not the end of the process.
"""

from __future__ import annotations

import subprocess
import time

import pytest
from conftest import BROWSER, NODE, PYTHON, ROOT, Server, environment

PYTHON_START = (
    "import asyncio, gc, sys, time, trilogue\n"
    "ask = dict(model='m', messages=[{'role': 'user', 'content': 'Hi'}], stream=True)\n"
    "def begun():\n"
    "    stream = trilogue.Client().chat.completions.create(**ask)\n"
    "    assert next(stream).text == 'a'\n"
    "    return stream\n"
)
PYTHON_END = "print('given up', flush=True)\nsys.stdin.read()\n"
PYTHON_CANCELS = {
    "close": "begun().close()\n",
    "with": "with begun() as stream:\n    pass\n",
    "garbage": "begun()\ngc.collect()\n",
    "break": (
        "async def main():\n"
        "    async with await trilogue.AsyncClient().chat.completions.create(**ask) as stream:\n"
        "        async for chunk in stream:\n"
        "            break\n"
        "asyncio.run(main())\n"
    ),
    "task": (
        "async def read():\n"
        "    stream = await trilogue.AsyncClient().chat.completions.create(**ask)\n"
        "    async for chunk in stream:\n"
        "        started.set()\n"
        "async def main():\n"
        "    global started\n"
        "    started = asyncio.Event()\n"
        "    task = asyncio.ensure_future(read())\n"
        "    await started.wait()\n"
        "    await asyncio.sleep(0.05)\n"
        "    task.cancel()\n"
        "    await asyncio.gather(task, return_exceptions=True)\n"
        "    del task\n"
        "asyncio.run(main())\n"
        "gc.collect()\n"
    ),
    "task before the head": (
        "async def main():\n"
        "    task = asyncio.ensure_future(trilogue.AsyncClient().chat.completions.create(**ask))\n"
        "    await asyncio.sleep(0.3)\n"
        "    task.cancel()\n"
        "    await asyncio.gather(task, return_exceptions=True)\n"
        "asyncio.run(main())\n"
    ),
}
SCRIPT_START = (
    "const ask = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true };\n"
    "const expectAbort = (error) => { if (error.name !== 'APIUserAbortError') throw error; };\n"
)
SCRIPT_CANCELS = {
    "break": "for await (const chunk of await client.chat.completions.create(ask)) break;\n",
    "close": "const stream = await client.chat.completions.create(ask); await stream.next(); stream.close();\n",
    "controller": (
        "const stream = await client.chat.completions.create(ask);\n"
        "await stream.next();\n"
        "const waiting = stream.next();\n"
        "stream.controller.abort();\n"
        "await waiting.then(() => { throw new Error('no error'); }, expectAbort);\n"
    ),
    "signal": (
        "const abort = new AbortController();\n"
        "const stream = await client.chat.completions.create(ask, { signal: abort.signal });\n"
        "await stream.next();\n"
        "const waiting = stream.next();\n"
        "abort.abort();\n"
        "await waiting.then(() => { throw new Error('no error'); }, expectAbort);\n"
    ),
    "signal before the head": (
        "const abort = new AbortController();\n"
        "const waiting = client.chat.completions.create(ask, { signal: abort.signal });\n"
        "setTimeout(() => abort.abort(), 300);\n"
        "await waiting.then(() => { throw new Error('no error'); }, expectAbort);\n"
    ),
}


def assert_cancelled(command: list[str], server: Server, how: str) -> None:
    """Run a program that cancels a request, and wait until the server notices it."""
    vector = "fault.stall_before_head" if how.endswith("before the head") else "lifecycle.stall"
    base_url = server.base_url(vector)
    program = subprocess.Popen(
        command,
        env=environment(base_url),
        cwd=NODE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    line = program.stdout.readline()
    assert line.strip() == "given up", line + (program.communicate(timeout=60)[1] if not line else "")
    deadline = time.monotonic() + 1
    while server.log(base_url)[-1]["outcome"] == "open" and time.monotonic() < deadline:
        time.sleep(0.01)
    outcome = server.log(base_url)[-1]["outcome"]
    program.communicate(timeout=20)
    assert outcome == "closed"


@pytest.mark.parametrize("how", PYTHON_CANCELS)
def test_in_python(how: str, server: Server) -> None:
    assert_cancelled([PYTHON, "-c", PYTHON_START + PYTHON_CANCELS[how] + PYTHON_END], server, how)


@pytest.mark.parametrize("how", SCRIPT_CANCELS)
def test_in_node(how: str, server: Server) -> None:
    start = "import { Client } from 'trilogue';\nconst client = new Client();\n"
    end = "console.log('given up');\nprocess.stdin.resume();\n"
    script = start + SCRIPT_START + SCRIPT_CANCELS[how] + end
    assert_cancelled(["node", "--input-type=module", "-e", script], server, how)


@pytest.mark.parametrize("how", SCRIPT_CANCELS)
def test_in_a_browser(how: str, server: Server) -> None:
    command = ["node", str(ROOT / "tests/runners/script.mjs"), SCRIPT_START + SCRIPT_CANCELS[how], *BROWSER]
    assert_cancelled(command, server, how)


def test_node_exits_after_an_abandoned_stream(server: Server) -> None:
    script = (
        "import { Client } from 'trilogue';\nconst client = new Client();\n" + SCRIPT_START + SCRIPT_CANCELS["break"]
    )
    base_url = server.base_url("lifecycle.stall")
    ended = subprocess.run(
        ["node", "--input-type=module", "-e", script], env=environment(base_url), cwd=NODE, check=False, timeout=10
    )
    assert ended.returncode == 0
