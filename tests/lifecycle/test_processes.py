"""Event loops and threads while streams are open, and the resources that remain afterwards.

Each script runs under the rules of `programs.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Server
from programs import RUNNERS, python


@pytest.mark.parametrize("runner", RUNNERS)
def test_one_client_works_in_consecutive_event_loops(runner: str, server: Server, tmp_path: Path) -> None:
    script = RUNNERS[runner] + (
        "client = trilogue.AsyncClient()\nfor _ in range(4):\n    assert run(text_async(client)) == 'Hello!'\n"
    )
    python(script, server.base_url("stream.plain"), tmp_path)


@pytest.mark.parametrize("runner", RUNNERS)
def test_one_client_works_in_event_loops_of_threads(runner: str, server: Server, tmp_path: Path) -> None:
    script = RUNNERS[runner] + (
        "client, got = trilogue.AsyncClient(), []\n"
        "async def some():\n"
        "    got.extend(await asyncio.gather(*[text_async(client) for _ in range(10)]))\n"
        "in_threads(8, lambda: run(some()))\n"
        "assert got == ['Hello!'] * 80, got\n"
    )
    python(script, server.base_url("stream.plain"), tmp_path)


def test_one_client_works_in_many_threads(server: Server, tmp_path: Path) -> None:
    script = (
        "client, got = trilogue.Client(), []\n"
        "in_threads(32, lambda: got.extend(text(client) for _ in range(5)))\n"
        "assert got == ['Hello!'] * 160, got\n"
    )
    python(script, server.base_url("stream.plain"), tmp_path)


def test_threads_can_share_a_stream(server: Server, tmp_path: Path) -> None:
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
def test_cancelled_waits_lose_nothing(runner: str, server: Server, tmp_path: Path) -> None:
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


def test_anyio_can_cancel(server: Server, tmp_path: Path) -> None:
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


def test_without_asyncio_the_error_names_the_requirement(server: Server, tmp_path: Path) -> None:
    # Other libraries that run coroutines, such as Trio, start like this.
    script = (
        "async def opened():\n"
        "    return await trilogue.AsyncClient().chat.completions.create(**ask)\n"
        "try:\n"
        "    opened().send(None)\n"
        "except trilogue.InvalidRequestError as error:\n"
        "    print(error)\n"
    )
    output = python(script, server.base_url("lifecycle.stall"), tmp_path)
    assert "asyncio" in output
    assert "Trio" in output


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


@pytest.mark.parametrize("how", LEFT)
def test_abandoned_streams_leave_no_resources(how: str, server: Server, tmp_path: Path) -> None:
    script = (
        "client = trilogue.Client(**patient)\n"
        + LEFT[how]
        + (
            # An object without references is closed at once, not at the next garbage collection.
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


def test_dropped_clients_and_loops_leave_no_resources(server: Server, tmp_path: Path) -> None:
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
