"""Python processes that end while streams are open: interrupts and exits.

Each script runs under the rules of `programs.py`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Server
from programs import RUNNERS, python


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
def test_ctrl_c_ends_a_wait_and_the_client_stays_usable(vector: str, server: Server, tmp_path: Path) -> None:
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


@pytest.mark.parametrize("how", EXITS)
def test_the_interpreter_exits_during_a_stream(how: str, server: Server, tmp_path: Path) -> None:
    def run(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        vector = {"busy": "stream.long", "call": "fault.stall_before_head"}.get(how.split()[-1], "lifecycle.stall")
        python(EXITS[how], server.base_url(vector), folder)

    # Failures at exit are intermittent, so the script runs several times.
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(16)))


def test_a_client_works_in_exit_handlers(server: Server, tmp_path: Path) -> None:
    script = (
        "import atexit\n"
        "client = trilogue.Client()\n"
        "@atexit.register\n"
        "def late():\n"
        "    print(text(client), flush=True)\n"
        "assert text(client) == 'Hello!'\n"
    )
    assert python(script, server.base_url("stream.plain"), tmp_path) == "Hello!"
