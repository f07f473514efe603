"""Python processes that start others: workers, forks while streams are open, subinterpreters.

Each script runs under the rules of `programs.py`.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from conftest import PYTHON, Server
from programs import python


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
        # A pickled client, and one in a module that both import.
        "        assert pool.map(text, [client] * 6) + pool.map(here, range(6)) == ['Hello!'] * 12\n"
        "        pool.close()\n"
        "        pool.join()\n"
        "    assert text(client) == 'Hello!'\n"
    )
    python(script, server.base_url("stream.plain"), tmp_path)


def test_workers_use_a_client_made_before_the_fork(server: Server, tmp_path: Path) -> None:
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
    # No process wrote to a connection of another one.
    assert len({entry["connection"] for entry in entries}) >= 5


def test_a_fork_during_calls_of_other_threads(server: Server, tmp_path: Path) -> None:
    script = (
        "client, over = trilogue.Client(), threading.Event()\n"
        # Python's own import locks don't survive a fork either.
        "assert text(client) == 'Hello!'\n"
        "def call():\n"
        "    global client\n"
        "    while not over.is_set():\n"
        # Children inherit clients whose first connection is being made by other threads.
        "        client = trilogue.Client()\n"
        "        assert text(client) == 'Hello!'\n"
        "threads = [threading.Thread(target=call) for _ in range(4)]\n"
        "for thread in threads:\n"
        "    thread.start()\n"
        "outcomes = []\n"
        "for _ in range(50):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        # A lock that another thread held would never be released here.
        "        signal.alarm(20)\n"
        "        os._exit(0 if text(client) == 'Hello!' else 1)\n"
        "    outcomes.append(os.waitpid(child, 0)[1])\n"
        "over.set()\n"
        "for thread in threads:\n"
        "    thread.join()\n"
        "assert outcomes == [0] * 50, outcomes\n"
    )
    python(script, server.base_url("stream.plain"), tmp_path)


def test_a_fork_during_a_stream(server: Server, tmp_path: Path) -> None:
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
    output = python(script, server.base_url("stream.slow"), tmp_path)
    assert "before the process forked" in output


def test_a_fork_within_a_running_loop(server: Server, tmp_path: Path) -> None:
    script = (
        "async def main():\n"
        "    client = trilogue.AsyncClient()\n"
        "    assert await text_async(client) == 'Hello!'\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        outcome = []\n"
        # The child must not use its copy of the loop, but can use one in a new thread.
        "        in_threads(1, lambda: outcome.append(asyncio.run(text_async(client))))\n"
        "        os._exit(0 if outcome == ['Hello!'] else 1)\n"
        "    assert await text_async(client) == 'Hello!'\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
        "asyncio.run(main())\n"
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
def test_a_subinterpreter_is_rejected(first: bool, tmp_path: Path) -> None:  # noqa: FBT001  (a parameter of the test)
    path = tmp_path / "script.py"
    path.write_text(("import trilogue\n" if first else "") + SUBINTERPRETER)
    ended = subprocess.run([PYTHON, str(path)], check=False, capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "subinterpreter" in ended.stdout
    assert "use processes" in ended.stdout
