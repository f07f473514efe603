"""Python processes: event loops, threads, forks, interrupts and exits, while streams are open.

Law: every script runs in a process of its own, with warnings as errors, and must end with status 0 and an empty standard
error: no loop that is closed, no task that is lost, no thread that aborts.
"""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import PYTHON, Server, environment

START = """
import asyncio, gc, os, signal, sys, threading, time
import trilogue

ask = dict(model="m", messages=[{"role": "user", "content": "Hi"}], stream=True)

def text(client):
    return "".join(chunk.text for chunk in client.chat.completions.create(**ask))

async def text_async(client):
    stream = await client.chat.completions.create(**ask)
    return "".join([chunk.text async for chunk in stream])

def in_threads(count, work):
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

def interrupted_soon():
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()

patient = dict(idle_timeout=100, first_token_timeout=100)
"""
#: What runs a coroutine.
RUNNERS = {"asyncio": "from asyncio import run\n", "uvloop": "from uvloop import run\n"}


def python(script: str, base_url: str, folder: Path) -> str:
    """Run a script and return what it printed."""
    path = folder / "script.py"
    path.write_text(START + script)
    # Development mode, but for what asyncio says of slow callbacks: that is the machine's matter.
    command = [PYTHON, "-W", "error", "-X", "faulthandler", str(path)]
    variables = environment(base_url, PYTHONMALLOC="debug")
    ended = subprocess.run(command, env=variables, check=False, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.strip()


@pytest.mark.parametrize("runner", RUNNERS)
def test_one_client_serves_loop_after_loop(runner: str, server: Server, tmp_path: Path) -> None:
    script = RUNNERS[runner] + (
        "client = trilogue.AsyncClient()\nfor _ in range(4):\n    assert run(text_async(client)) == 'Hello!'\n"
    )
    python(script, server.base_url("stream.plain"), tmp_path)


@pytest.mark.parametrize("runner", RUNNERS)
def test_one_client_serves_loops_in_threads(runner: str, server: Server, tmp_path: Path) -> None:
    script = RUNNERS[runner] + (
        "client, got = trilogue.AsyncClient(), []\n"
        "async def some():\n"
        "    got.extend(await asyncio.gather(*[text_async(client) for _ in range(10)]))\n"
        "in_threads(8, lambda: run(some()))\n"
        "assert got == ['Hello!'] * 80, got\n"
    )
    python(script, server.base_url("stream.plain"), tmp_path)


def test_one_client_serves_many_threads(server: Server, tmp_path: Path) -> None:
    script = (
        "client, got = trilogue.Client(), []\n"
        "in_threads(32, lambda: got.extend(text(client) for _ in range(5)))\n"
        "assert got == ['Hello!'] * 160, got\n"
    )
    python(script, server.base_url("stream.plain"), tmp_path)


def test_threads_may_read_one_stream(server: Server, tmp_path: Path) -> None:
    script = (
        "stream, got = trilogue.Client().chat.completions.create(**ask), []\n"
        "def read():\n"
        "    while (chunk := next(stream, None)) is not None:\n"
        "        got.append(chunk.text)\n"
        "in_threads(4, read)\n"
        "assert ''.join(sorted(got)) == 'abc', got\n"
    )
    python(script, server.base_url("stream.slow"), tmp_path)


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_stream_outlives_the_loop_that_opened_it(runner: str, server: Server, tmp_path: Path) -> None:
    script = RUNNERS[runner] + (
        "async def begun():\n"
        "    stream = await trilogue.AsyncClient().chat.completions.create(**ask)\n"
        "    return stream, (await anext(stream)).text\n"
        "stream, first = run(begun())\n"
        "async def rest():\n"
        "    return ''.join([chunk.text async for chunk in stream])\n"
        "assert first + run(rest()) == 'abc'\n"
    )
    python(script, server.base_url("stream.slow"), tmp_path)


@pytest.mark.parametrize("runner", RUNNERS)
def test_waits_that_are_given_up_lose_nothing(runner: str, server: Server, tmp_path: Path) -> None:
    script = RUNNERS[runner] + (
        "async def main():\n"
        "    stream = await trilogue.AsyncClient().chat.completions.create(**ask)\n"
        "    got, waits = '', 0\n"
        "    while True:\n"
        "        try:\n"
        "            got += (await asyncio.wait_for(anext(stream), 0.005)).text\n"
        "        except asyncio.TimeoutError:\n"
        "            waits += 1\n"
        "        except StopAsyncIteration:\n"
        "            break\n"
        "    assert (got, waits > 1) == ('abc', True), (got, waits)\n"
        "run(main())\n"
    )
    python(script, server.base_url("stream.slow"), tmp_path)


def test_anyio_may_cancel(server: Server, tmp_path: Path) -> None:
    script = (
        "import anyio\n"
        "async def main():\n"
        "    async with await trilogue.AsyncClient(**patient).chat.completions.create(**ask) as stream:\n"
        "        assert (await anext(stream)).text == 'a'\n"
        "        with anyio.move_on_after(0.1) as scope:\n"
        "            await anext(stream)\n"
        "        assert scope.cancelled_caught\n"
        "        async with anyio.create_task_group() as group:\n"
        "            group.start_soon(anext, stream)\n"
        "            await anyio.sleep(0.1)\n"
        "            group.cancel_scope.cancel()\n"
        "anyio.run(main)\n"
    )
    python(script, server.base_url("lifecycle.stall"), tmp_path)


def test_without_asyncio_the_error_says_what_is_needed(server: Server, tmp_path: Path) -> None:
    # Whatever drives coroutines and is not asyncio, such as Trio, begins so.
    script = (
        "stream = asyncio.run(trilogue.AsyncClient().chat.completions.create(**ask))\n"
        "for waits in (lambda: text_async(trilogue.AsyncClient()), lambda: anext(stream)):\n"
        "    try:\n"
        "        waits().__await__().send(None)\n"
        "        print('nothing')\n"
        "    except trilogue.InvalidRequestError as error:\n"
        "        print(error)\n"
    )
    told = python(script, server.base_url("lifecycle.stall"), tmp_path).splitlines()
    assert all("asyncio" in line and "Trio" in line for line in told), told
    assert len(told) == 2


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("vector", ["lifecycle.stall", "fault.stall_before_head"])
def test_ctrl_c_ends_a_running_loop(runner: str, vector: str, server: Server, tmp_path: Path) -> None:
    script = RUNNERS[runner] + (
        "interrupted_soon()\n"
        "try:\n"
        "    run(text_async(trilogue.AsyncClient(**patient)))\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )
    assert python(script, server.base_url(vector), tmp_path) == "interrupted"


@pytest.mark.parametrize("vector", ["lifecycle.stall", "fault.stall_before_head"])
def test_ctrl_c_ends_a_wait_and_the_client_lives_on(vector: str, server: Server, tmp_path: Path) -> None:
    script = (
        "interrupted_soon()\n"
        "client = trilogue.Client(**patient)\n"
        "try:\n"
        "    text(client)\n"
        "except KeyboardInterrupt:\n"
        "    pass\n"
        f"assert text(client.with_options(base_url={server.base_url('stream.plain')!r})) == 'Hello!'\n"
    )
    python(script, server.base_url(vector), tmp_path)


EXITS = {
    "in a for loop": "for chunk in trilogue.Client(**patient).chat.completions.create(**ask):\n    sys.exit()\n",
    "with many streams": (
        "client = trilogue.Client(**patient)\n"
        "streams = [client.chat.completions.create(**ask) for _ in range(20)]\n"
        "for stream in streams:\n"
        "    next(stream)\n"
    ),
    "with daemon threads that read": (
        "begun = threading.Barrier(4)\n"
        "def read():\n"
        "    stream = trilogue.Client(**patient).chat.completions.create(**ask)\n"
        "    next(stream)\n"
        "    begun.wait()\n"
        "    next(stream)\n"
        "for _ in range(3):\n"
        "    threading.Thread(target=read, daemon=True).start()\n"
        "begun.wait()\n"
    ),
    "with daemon threads that are busy": (
        "def read():\n"
        "    while True:\n"
        "        with trilogue.Client().chat.completions.stream(**{**ask, 'stream': None}) as stream:\n"
        "            list(stream)\n"
        "for _ in range(3):\n"
        "    threading.Thread(target=read, daemon=True).start()\n"
        "time.sleep(0.2)\n"
    ),
    "with daemon threads that call": (
        "for _ in range(3):\n"
        "    threading.Thread(target=text, args=(trilogue.Client(**patient),), daemon=True).start()\n"
        "time.sleep(0.1)\n"
    ),
    "with a loop in a daemon thread": (
        "begun = threading.Event()\n"
        "async def read():\n"
        "    async for chunk in await trilogue.AsyncClient(**patient).chat.completions.create(**ask):\n"
        "        begun.set()\n"
        "threading.Thread(target=asyncio.run, args=(read(),), daemon=True).start()\n"
        "begun.wait()\n"
    ),
    "with pending tasks": (
        "async def main():\n"
        "    stream = await trilogue.AsyncClient(**patient).chat.completions.create(**ask)\n"
        "    await anext(stream)\n"
        "    asyncio.ensure_future(anext(stream))\n"
        "    asyncio.ensure_future(text_async(trilogue.AsyncClient(**patient)))\n"
        "    await asyncio.sleep(0)\n"
        "asyncio.run(main())\n"
    ),
    "with a loop that was only stopped": (
        "async def main():\n"
        "    return await trilogue.AsyncClient(**patient).chat.completions.create(**ask)\n"
        "loop = asyncio.new_event_loop()\n"
        "stream = loop.run_until_complete(main())\n"
        "loop.close()\n"
    ),
}


@pytest.mark.parametrize("way", EXITS)
def test_an_interpreter_exits_in_mid_stream(way: str, server: Server, tmp_path: Path) -> None:
    def run(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        vector = {"busy": "stream.long", "call": "fault.stall_before_head"}.get(way.split()[-1], "lifecycle.stall")
        python(EXITS[way], server.base_url(vector), folder)

    # What goes wrong at exit goes wrong now and then.
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(16)))


def test_a_client_works_in_handlers_of_the_exit(server: Server, tmp_path: Path) -> None:
    script = (
        "import atexit\n"
        "client = trilogue.Client()\n"
        "@atexit.register\n"
        "def late():\n"
        "    print(text(client), flush=True)\n"
        "assert text(client) == 'Hello!'\n"
    )
    assert python(script, server.base_url("stream.plain"), tmp_path) == "Hello!"


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_multiprocessing(method: str, server: Server, tmp_path: Path) -> None:
    script = (
        "import multiprocessing\n"
        "client = trilogue.Client()\n"
        "def here(_):\n"
        "    return text(client)\n"
        "if __name__ == '__main__':\n"
        "    assert text(client) == 'Hello!'\n"
        f"    with multiprocessing.get_context({method!r}).Pool(3) as pool:\n"
        # A client that is sent, and one that is in the module of both.
        "        assert pool.map(text, [client] * 6) + pool.map(here, range(6)) == ['Hello!'] * 12\n"
        "        pool.close()\n"
        "        pool.join()\n"
        "    assert text(client) == 'Hello!'\n"
    )
    python(script, server.base_url("stream.plain"), tmp_path)


def test_a_client_made_before_the_workers_fork(server: Server, tmp_path: Path) -> None:
    base_url = server.base_url("stream.plain")
    script = (
        "client, waiter = trilogue.Client(), trilogue.AsyncClient()\n"
        "assert text(client) == asyncio.run(text_async(waiter)) == 'Hello!'\n"
        "children = []\n"
        "for _ in range(4):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        for _ in range(10):\n"
        "            assert text(client) == 'Hello!'\n"
        "        assert asyncio.run(text_async(waiter)) == 'Hello!'\n"
        "        sys.exit()\n"
        "    children.append(child)\n"
        "for _ in range(10):\n"
        "    assert text(client) == 'Hello!'\n"
        "assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4\n"
    )
    python(script, base_url, tmp_path)
    entries = server.log(base_url)
    assert len(entries) == 2 + 4 * 11 + 10
    # Nobody wrote to a connection of another process.
    assert len({entry["connection"] for entry in entries}) >= 5


def test_a_fork_while_others_are_calling(server: Server, tmp_path: Path) -> None:
    script = (
        "client, over = trilogue.Client(), threading.Event()\n"
        # Python's own locks of modules that are being imported don't survive a fork either.
        "assert text(client) == 'Hello!'\n"
        "def call():\n"
        "    global client\n"
        "    while not over.is_set():\n"
        # Children get clients whose first connection other threads are making.
        "        client = trilogue.Client()\n"
        "        assert text(client) == 'Hello!'\n"
        "threads = [threading.Thread(target=call) for _ in range(4)]\n"
        "for thread in threads:\n"
        "    thread.start()\n"
        "outcomes = []\n"
        "for _ in range(50):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        # A lock that another thread held would never be given back here.
        "        signal.alarm(20)\n"
        "        os._exit(0 if text(client) == 'Hello!' else 1)\n"
        "    outcomes.append(os.waitpid(child, 0)[1])\n"
        "over.set()\n"
        "for thread in threads:\n"
        "    thread.join()\n"
        "assert outcomes == [0] * 50, outcomes\n"
    )
    python(script, server.base_url("stream.plain"), tmp_path)


def test_a_fork_in_mid_stream(server: Server, tmp_path: Path) -> None:
    script = (
        "client = trilogue.Client()\n"
        "stream = client.chat.completions.create(**ask)\n"
        "first = next(stream).text\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    try:\n"
        "        list(stream)\n"
        "    except trilogue.InvalidRequestError as error:\n"
        "        print(error, flush=True)\n"
        "    assert text(client) == 'abc'\n"
        "    stream.close()\n"
        "    del stream\n"
        "    gc.collect()\n"
        "    sys.exit()\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "assert first + ''.join(chunk.text for chunk in stream) == 'abc'\n"
    )
    told = python(script, server.base_url("stream.slow"), tmp_path)
    assert "before the process forked" in told


def test_a_fork_within_a_running_loop(server: Server, tmp_path: Path) -> None:
    script = (
        "async def main():\n"
        "    client = trilogue.AsyncClient()\n"
        "    assert await text_async(client) == 'Hello!'\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        outcome = []\n"
        # The child's copy of the loop is not to be used; one of a new thread's own is.
        "        in_threads(1, lambda: outcome.append(asyncio.run(text_async(client))))\n"
        "        os._exit(0 if outcome == ['Hello!'] else 1)\n"
        "    assert await text_async(client) == 'Hello!'\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
        "asyncio.run(main())\n"
    )
    python(script, server.base_url("stream.plain"), tmp_path)


LEFT = {
    "sync": "def leave():\n    next(client.chat.completions.create(**ask))\n",
    "for": "def leave():\n    for chunk in client.chat.completions.create(**ask):\n        break\n",
    "events": "def leave():\n    next(client.chat.completions.create(**ask).events)\n",
    "async": (
        "waiter = trilogue.AsyncClient(**patient)\n"
        "async def read():\n"
        "    async for chunk in await waiter.chat.completions.create(**ask):\n"
        "        break\n"
        "def leave():\n"
        "    asyncio.run(read())\n"
    ),
}


@pytest.mark.parametrize("way", LEFT)
def test_streams_that_are_left_leave_nothing(way: str, server: Server, tmp_path: Path) -> None:
    script = (
        "client = trilogue.Client(**patient)\n"
        + LEFT[way]
        + (
            # What nobody holds any more is closed at once, and not when garbage is collected.
            "gc.disable()\n"
            "def held():\n"
            "    return len(os.listdir('/proc/self/fd')), len(os.listdir('/proc/self/task'))\n"
            "leave()\n"
            "time.sleep(0.2)\n"
            "before = held()\n"
            "for _ in range(50):\n"
            "    leave()\n"
            "deadline = time.monotonic() + 20\n"
            "while (now := held()) > before and time.monotonic() < deadline:\n"
            "    time.sleep(0.05)\n"
            "assert now <= before, (before, now)\n"
        )
    )
    python(script, server.base_url("lifecycle.stall"), tmp_path)


def test_clients_and_loops_that_are_gone_leave_nothing(server: Server, tmp_path: Path) -> None:
    script = (
        "def use():\n"
        "    assert text(trilogue.Client()) == asyncio.run(text_async(trilogue.AsyncClient())) == 'Hello!'\n"
        "def held():\n"
        "    gc.collect()\n"
        "    return len(os.listdir('/proc/self/fd')), len(os.listdir('/proc/self/task'))\n"
        "use()\n"
        "time.sleep(0.2)\n"
        "before = held()\n"
        "for _ in range(30):\n"
        "    use()\n"
        "deadline = time.monotonic() + 20\n"
        "while (now := held()) > before and time.monotonic() < deadline:\n"
        "    time.sleep(0.05)\n"
        "assert now <= before, (before, now)\n"
    )
    python(script, server.base_url("stream.plain"), tmp_path)


SUBINTERPRETER = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
number = interpreters.create()
script = "try:\\n    import trilogue\\nexcept ImportError as error:\\n    print(error, flush=True)\\n"
interpreters.run_string(number, script)
interpreters.destroy(number)
"""


@pytest.mark.parametrize("first", [True, False])
def test_a_subinterpreter_is_refused(first: bool, tmp_path: Path) -> None:  # noqa: FBT001  (a parameter of the test)
    path = tmp_path / "script.py"
    path.write_text(("import trilogue\n" if first else "") + SUBINTERPRETER)
    ended = subprocess.run([PYTHON, str(path)], check=False, capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "subinterpreter" in ended.stdout
    assert "use processes" in ended.stdout
