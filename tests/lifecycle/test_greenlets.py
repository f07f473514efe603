"""Processes with gevent or eventlet: a wait in one greenlet lets the others run.

Each script runs as `programs.py` has it. Nothing is timed: a wait that stopped all greenlets would never end.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Server
from programs import START, python

LIBRARIES = {
    "gevent": (
        "from gevent import monkey, spawn, kill, sleep, Timeout\n"
        "from gevent.event import Event\n"
        "monkey.patch_all()\n"
        "def join(greenlet):\n"
        "    return greenlet.get()\n"
    ),
    "eventlet": (
        # eventlet imports dnspython, which imports httpx2 and anyio if they are installed, and fails to patch their objects.
        "import os\n"
        "os.environ['EVENTLET_NO_GREENDNS'] = 'yes'\n"
        "import warnings\n"
        "with warnings.catch_warnings():\n"
        "    warnings.simplefilter('ignore')\n"
        "    import eventlet\n"
        "    eventlet.monkey_patch()\n"
        "from eventlet import kill, sleep, spawn, Timeout\n"
        "from threading import Event\n"
        "def join(greenlet):\n"
        "    return greenlet.wait()\n"
    ),
}


def start(library: str, server: Server) -> str:
    """Return the start of a script: the library, a client, and a client whose server stalls."""
    stalling = server.base_url("lifecycle.stall"), server.base_url("fault.stall_before_head")
    return (
        LIBRARIES[library]
        + START
        + f"client, urls = trilogue.Client(**patient), {stalling!r}\n"
        + "stalling, silent = (client.with_options(base_url=url) for url in urls)\n"
        + "begun = []\n"
        + "def wait_for_ever(of):\n"
        + "    try:\n"
        + "        stream = of.chat.completions.create(**ask)\n"
        + "        for chunk in stream:\n"
        + "            begun.append(chunk.text)\n"
        + "    except BaseException as error:\n"
        + "        held.append(error)\n"
        + "        raise\n"
        + "held = []\n"
    )


@pytest.mark.parametrize("library", LIBRARIES)
def test_other_greenlets_run_while_streams_wait(library: str, server: Server, tmp_path: Path) -> None:
    script = (
        # More than the threads of a pool.
        "waiting = [spawn(wait_for_ever, stalling) for _ in range(30)] + [spawn(wait_for_ever, silent)]\n"
        "while len(begun) < 30:\n"
        "    sleep(0.01)\n"
        "readers = [spawn(text, client) for _ in range(5)]\n"
        "assert [join(one) for one in readers] == ['Hello!'] * 5\n"
        f"whole = client.with_options(base_url={server.base_url('chat.plain')!r})\n"
        "assert whole.chat.completions.create(**{**ask, 'stream': None}).choices\n"
        "assert begun == ['a'] * 30, begun\n"
        "for one in waiting:\n"
        "    kill(one)\n"
        "sleep(0.1)\n"
        "assert len(held) == 31, held\n"
    )
    python(script, server.base_url("stream.plain"), tmp_path, start(library, server))


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_killed_greenlet_closes_its_stream(library: str, server: Server, tmp_path: Path) -> None:
    script = (
        "import json, urllib.request\n"
        "def outcome(url):\n"
        "    root, nonce = url.split('/v/')[0], url.rsplit('/', 1)[1]\n"
        "    with urllib.request.urlopen(f'{root}/log/{nonce}') as reply:\n"
        "        return [entry['outcome'] for entry in json.load(reply)]\n"
        "def until(outcomes):\n"
        "    deadline = time.monotonic() + 30\n"
        "    while list(map(outcome, urls)) != outcomes and time.monotonic() < deadline:\n"
        "        sleep(0.01)\n"
        "    assert list(map(outcome, urls)) == outcomes, list(map(outcome, urls))\n"
        "waiting = [spawn(wait_for_ever, of) for of in (stalling, silent)]\n"
        "until([['open'], ['open']])\n"
        "while not begun:\n"
        "    sleep(0.01)\n"
        "for one in waiting:\n"
        "    kill(one)\n"
        # The exceptions keep the tracebacks alive.
        "until([['closed'], ['closed']])\n"
        "assert len(held) == 2, held\n"
        "assert text(client) == 'Hello!'\n"
    )
    python(script, server.base_url("stream.plain"), tmp_path, start(library, server))


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_cancelled_next_loses_nothing(library: str, server: Server, tmp_path: Path) -> None:
    script = (
        "stream, got, waits = client.chat.completions.create(**ask), '', 0\n"
        "while True:\n"
        "    try:\n"
        "        with Timeout(0.005):\n"
        "            got += next(stream).text\n"
        "    except Timeout:\n"
        "        waits += 1\n"
        "    except StopIteration:\n"
        "        break\n"
        "assert (got, waits > 1) == ('abc', True), (got, waits)\n"
    )
    python(script, server.base_url("stream.slow"), tmp_path, start(library, server))


@pytest.mark.parametrize("library", LIBRARIES)
def test_other_greenlets_run_while_a_batch_waits(library: str, server: Server, tmp_path: Path) -> None:
    script = (
        f"log = {str(tmp_path / 'log')!r}\n"
        "body = {name: ask[name] for name in ('model', 'messages')}\n"
        "def outcomes(of):\n"
        "    try:\n"
        "        with of.batch([body, body], log) as batch:\n"
        "            return [row.outcome for row in batch]\n"
        "    except BaseException as error:\n"
        "        held.append(error)\n"
        "        raise\n"
        "waiting = spawn(outcomes, silent)\n"
        "sleep(0.1)\n"
        "assert join(spawn(text, client)) == 'Hello!'\n"
        "kill(waiting)\n"
        "sleep(0.1)\n"
        "assert len(held) == 1, held\n"
        # The log is not locked anymore.
        f"whole = client.with_options(base_url={server.base_url('chat.plain')!r})\n"
        "assert join(spawn(outcomes, whole)) == ['answered'] * 2\n"
    )
    python(script, server.base_url("stream.plain"), tmp_path, start(library, server))
