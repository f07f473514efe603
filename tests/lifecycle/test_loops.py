"""An exception that leaves a loop closes its stream, also if a traceback refers to the stream.

Each program keeps the exception and collects no garbage, says "given up" and lives on: what the server sees is the client's doing. A program
whose exception was raised by a wait has a stream that stalls; in a loop's body it may be raised at any time.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from conftest import PYTHON, ROOT, Server, environment
from programs import python

START = """
import asyncio, gc, os, signal, sys, threading
import anyio
import trilogue
from trilogue import Conversation

gc.disable()
held = []
patient = dict(idle_timeout=300, first_token_timeout=300)
client, waiter = trilogue.Client(**patient), trilogue.AsyncClient(**patient)
ask = dict(model="m", messages=[{"role": "user", "content": "Hi"}])
schema = {"type": "array", "items": {"type": "integer"}}

class TimeIsUp(Exception):
    pass

def stop(*_):
    raise TimeIsUp

signal.signal(signal.SIGUSR1, stop)

def signalled_soon(number):
    threading.Timer(0.2, os.kill, (os.getpid(), number)).start()

def noticed():
    # Keeps the last traceback, as development tools and interactive sessions do.
    held.append(sys.exc_info())
"""
END = "print('given up', flush=True)\nsys.stdin.read()\n"

#: Expressions that a loop reads, with `client` or `waiter` for a client.
SYNC = {
    "chunks": "client.chat.completions.create(**ask, stream=True)",
    "events": "client.chat.completions.create(**ask, stream=True).events",
    "an iterator": "iter(client.chat.completions.create(**ask, stream=True))",
    "texts": "client.chat.completions.create(**ask, stream=True).text_stream",
    "stream()": "client.chat.completions.stream(**ask).__enter__()",
    "stream() texts": "client.chat.completions.stream(**ask).__enter__().text_stream",
    "parsed": "client.chat.completions.stream(**ask, response_format=schema).__enter__()",
    "elements": "client.chat.completions.stream(**ask, response_format=schema).__enter__().elements('')",
    "run_tools": "client.chat.completions.run_tools(**ask, tools=[])",
    "conversation": "Conversation(model='m').stream(client, 'Hi')",
}
ASYNC = {
    "chunks": "await waiter.chat.completions.create(**ask, stream=True)",
    "events": "(await waiter.chat.completions.create(**ask, stream=True)).events",
    "an iterator": "(await waiter.chat.completions.create(**ask, stream=True)).__aiter__()",
    "texts": "(await waiter.chat.completions.create(**ask, stream=True)).text_stream",
    "stream()": "await waiter.chat.completions.stream(**ask).__aenter__()",
    "stream() texts": "(await waiter.chat.completions.stream(**ask).__aenter__()).text_stream",
    "parsed": "await waiter.chat.completions.stream(**ask, response_format=schema).__aenter__()",
    "elements": "(await waiter.chat.completions.stream(**ask, response_format=schema).__aenter__()).elements('')",
    "run_tools": "waiter.chat.completions.run_tools(**ask, tools=[])",
    "conversation": "Conversation(model='m').stream(waiter, 'Hi')",
}
#: Expressions without an item before the stream stalls.
SILENT = {"elements"}


def assert_cancelled(server: Server, script: str) -> None:
    """Run a program, and wait until the server has seen its stream close."""
    base_url = server.base_url("lifecycle.stall")
    program = subprocess.Popen(
        [PYTHON, "-W", "error", "-c", START + script + END],
        env=environment(base_url),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    line = program.stdout.readline()
    assert line.strip() == "given up", line + program.communicate(timeout=30)[1]
    deadline = time.monotonic() + 30
    while (outcome := server.log(base_url)[-1]["outcome"]) == "open" and time.monotonic() < deadline:
        time.sleep(0.02)
    _, stderr = program.communicate(timeout=30)
    assert (outcome, stderr) == ("closed", "")


@pytest.mark.parametrize(("name", "kind"), [("SIGINT", "chunks"), *(("SIGUSR1", kind) for kind in SYNC)])
def test_a_signal_handler_raises_during_a_wait(name: str, kind: str, server: Server) -> None:
    script = (
        "def read():\n"
        f"    stream = {SYNC[kind]}\n"
        f"    if {kind in SILENT}:\n"
        f"        signalled_soon(signal.{name})\n"
        "    for number, item in enumerate(stream):\n"
        "        if number == 0:\n"
        f"            signalled_soon(signal.{name})\n"
        "try:\n"
        "    read()\n"
        "except (TimeIsUp, KeyboardInterrupt):\n"
        "    noticed()\n"
    )
    assert_cancelled(server, script)


@pytest.mark.parametrize("kind", [kind for kind in SYNC if kind not in SILENT])
def test_the_body_of_a_loop_raises(kind: str, server: Server) -> None:
    script = (
        "def read():\n"
        f"    stream = {SYNC[kind]}\n"
        "    for item in stream:\n"
        "        raise ValueError\n"
        "try:\n"
        "    read()\n"
        "except ValueError:\n"
        "    noticed()\n"
    )
    assert_cancelled(server, script)


CANCELLED = {
    "task.cancel": (
        "    task = asyncio.ensure_future(read())\n"
        "    await begun.wait()\n"
        "    await asyncio.sleep(0.1)\n"
        "    task.cancel()\n"
        "    try:\n"
        "        await task\n"
        "    except asyncio.CancelledError:\n"
        "        noticed()\n"
    ),
    "wait_for": (
        "    try:\n        await asyncio.wait_for(read(), 3)\n    except asyncio.TimeoutError:\n        noticed()\n"
    ),
    "move_on_after": "    with anyio.move_on_after(3):\n        await read()\n",
    "fail_after": (
        "    try:\n"
        "        with anyio.fail_after(3):\n"
        "            await read()\n"
        "    except TimeoutError:\n"
        "        noticed()\n"
    ),
}


@pytest.mark.parametrize(
    ("how", "kind"),
    [*((how, "chunks") for how in CANCELLED), *(("task.cancel", kind) for kind in ASYNC if kind != "chunks")],
)
def test_a_wait_of_a_loop_is_cancelled(how: str, kind: str, server: Server) -> None:
    script = (
        "async def read():\n"
        f"    stream = {ASYNC[kind]}\n"
        f"    if {kind in SILENT}:\n"
        "        begun.set()\n"
        "    try:\n"
        "        async for item in stream:\n"
        "            begun.set()\n"
        "    except BaseException:\n"
        "        noticed()\n"
        "        raise\n"
        "async def main():\n    global begun\n    begun = asyncio.Event()\n"
        + CANCELLED[how]
        + "    print('given up', flush=True)\n"
        "    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)\n"
        "asyncio.run(main())\n"
        "sys.exit()\n"
    )
    assert_cancelled(server, script)


@pytest.mark.parametrize("kind", [kind for kind in ASYNC if kind not in SILENT])
def test_the_body_of_an_asynchronous_loop_raises(kind: str, server: Server) -> None:
    script = (
        "async def read():\n"
        f"    stream = {ASYNC[kind]}\n"
        "    async for item in stream:\n"
        "        await asyncio.sleep(0)\n"
        "        raise ValueError\n"
        "async def main():\n"
        "    try:\n"
        "        await read()\n"
        "    except ValueError:\n"
        "        noticed()\n"
        "    print('given up', flush=True)\n"
        "    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)\n"
        "asyncio.run(main())\n"
        "sys.exit()\n"
    )
    assert_cancelled(server, script)


@pytest.mark.parametrize("read", ["get_final_completion", "until_done"])
def test_reading_to_the_end_is_cancelled(read: str, server: Server) -> None:
    script = (
        "async def main():\n"
        "    stream = await waiter.chat.completions.create(**ask, stream=True)\n"
        "    try:\n"
        f"        await asyncio.wait_for(stream.{read}(), 0.5)\n"
        "    except asyncio.TimeoutError:\n"
        "        noticed()\n"
        "    held.append(stream)\n"
        "asyncio.run(main())\n"
    )
    assert_cancelled(server, script)


def test_cancelling_a_task_as_its_stream_opens(server: Server) -> None:
    script = (
        "import time\n"
        "async def main():\n"
        "    task = asyncio.ensure_future(waiter.chat.completions.create(**ask, stream=True))\n"
        "    await asyncio.sleep(0)\n"
        # The stream is open, but the event loop has not been woken.
        "    time.sleep(1)\n"
        "    task.cancel()\n"
        "    try:\n"
        "        await task\n"
        "    except asyncio.CancelledError:\n"
        "        noticed()\n"
        "asyncio.run(main())\n"
    )
    assert_cancelled(server, script)


SERVE = """
import socket, time
import uvicorn

server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
threading.Thread(target=server.run, daemon=True).start()
while not server.started:
    time.sleep(0.01)
place = server.servers[0].sockets[0].getsockname()
browser = socket.create_connection(place)
browser.sendall(b"GET /chat HTTP/1.1\\r\\nhost: localhost\\r\\n\\r\\n")
received = b""
while not received.endswith(b"1\\r\\na\\r\\n"):
    received += browser.recv(1000)
browser.close()
"""
#: Applications that forward a stream, with and without `async with`.
APPLICATIONS = {
    "the example": "sys.path.append({examples!r})\nfrom server import app\n",
    "a loop alone": """
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

async def lines():
    async for chunk in await waiter.chat.completions.create(**ask, stream=True):
        yield chunk.text

async def answer(request):
    return StreamingResponse(lines())

app = Starlette(routes=[Route("/chat", answer)])
""",
}


@pytest.mark.parametrize("name", APPLICATIONS)
def test_an_asgi_client_disconnects(name: str, server: Server) -> None:
    assert_cancelled(server, APPLICATIONS[name].replace("{examples!r}", repr(str(ROOT / "examples/python"))) + SERVE)


def test_reading_after_a_closed_loop_is_an_error(server: Server, tmp_path: Path) -> None:
    script = (
        "stream = trilogue.Client(**patient).chat.completions.create(**ask)\n"
        "try:\n"
        "    for chunk in stream:\n"
        "        raise ValueError\n"
        "except ValueError:\n"
        "    pass\n"
        "for read in (lambda: next(stream), lambda: list(stream), lambda: next(stream.events), stream.get_final_completion):\n"
        "    try:\n"
        "        read()\n"
        "    except trilogue.APIUserAbortError as error:\n"
        "        assert error.partial.choices[0].message.content == 'a', error.partial\n"
        "        assert 'ValueError left the loop' in str(error), error\n"
        "    else:\n"
        "        sys.exit('no error')\n"
    )
    python(script, server.base_url("lifecycle.stall"), tmp_path)


def test_a_stream_closed_within_its_block_ends(server: Server, tmp_path: Path) -> None:
    script = (
        "try:\n"
        "    with trilogue.Client(**patient).chat.completions.create(**ask) as stream:\n"
        "        for chunk in stream:\n"
        "            raise ValueError\n"
        "except ValueError:\n"
        "    pass\n"
        "assert list(stream) == []\n"
        "assert stream.get_final_text() == 'a'\n"
    )
    python(script, server.base_url("lifecycle.stall"), tmp_path)


LEFT_OPEN = {
    "break": "for chunk in stream:\n    got += chunk.text\n    break\n",
    "any": "assert any(chunk.text == 'a' for chunk in stream)\ngot += 'a'\n",
    "next of a generator": "got += next(chunk.text for chunk in stream if chunk.text)\n",
    "an exception elsewhere": (
        "got += next(iter(stream)).text\ntry:\n    raise ValueError\nexcept ValueError:\n    pass\n"
    ),
    "while an exception is handled": (
        "try:\n    raise ValueError\nexcept ValueError:\n    for chunk in stream:\n        got += chunk.text\n        break\n"
    ),
}


@pytest.mark.parametrize("how", LEFT_OPEN)
def test_leaving_a_loop_without_exception_keeps_the_stream_open(how: str, server: Server, tmp_path: Path) -> None:
    script = (
        "stream, got = trilogue.Client().chat.completions.create(**ask), ''\n"
        + LEFT_OPEN[how]
        + "got += ''.join(chunk.text for chunk in stream)\nassert got == 'abc', got\n"
    )
    python(script, server.base_url("stream.slow"), tmp_path)


def test_break_leaves_an_asynchronous_stream_open(server: Server, tmp_path: Path) -> None:
    script = (
        "async def main():\n"
        "    stream, got = await trilogue.AsyncClient().chat.completions.create(**ask), ''\n"
        "    async for chunk in stream:\n"
        "        got += chunk.text\n"
        "        break\n"
        "    async for text in stream.text_stream:\n"
        "        got += text\n"
        "        break\n"
        "    got += ''.join([chunk.text async for chunk in stream])\n"
        "    assert got == 'abc', got\n"
        "asyncio.run(main())\n"
    )
    python(script, server.base_url("stream.slow"), tmp_path)


def test_nested_loops_lose_nothing(server: Server, tmp_path: Path) -> None:
    script = (
        "stream = trilogue.Client().chat.completions.create(**ask)\n"
        "got = []\n"
        "for chunk in stream:\n"
        "    got.append(chunk.text)\n"
        # A step of another reader, which may wait for the next items and take more than it yields.
        "    got.extend(other.text for other in [next(stream, None)] if other is not None)\n"
        "    for text in stream.text_stream:\n"
        "        got.append(text)\n"
        "        break\n"
        "assert ''.join(got) == text_of_all, (len(''.join(got)), len(text_of_all))\n"
    )
    start = "text_of_all = text(trilogue.Client())\n"
    python(start + script, server.base_url("stream.long"), tmp_path)
