"""Processes whose sockets gevent or eventlet has replaced: a wait in one greenlet lets the others run.

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
    """Return the beginning of a script: the library, a client, and one whose server stalls."""
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
def test_others_run_while_streams_are_waited_for(library: str, server: Server, tmp_path: Path) -> None:
    script = (
        # More than a pool of threads would have.
        "waiting = [spawn(wait_for_ever, stalling) for _ in range(30)] + [spawn(wait_for_ever, silent)]\n"
        "while len(begun) < 30:\n"
        "    sleep(0.01)\n"
        "readers = [spawn(text, client) for _ in range(5)]\n"
        "assert [join(one) for one in readers] == ['Hello!'] * 5\n"
        "assert client.chat.completions.create(**{**ask, 'stream': None}) is not None\n"
        "assert begun == ['a'] * 30, begun\n"
        "for one in waiting:\n"
        "    kill(one)\n"
        "sleep(0.1)\n"
        "assert len(held) == 31, held\n"
        "print('done')\n"
        "sys.stdin.read()\n"
    )
    told = python(script, server.base_url("stream.plain"), tmp_path, start(library, server))
    assert told == "done"


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_timeout_ends_a_wait_and_closes_the_stream(library: str, server: Server, tmp_path: Path) -> None:
    script = (
        "for of in (stalling, silent):\n"
        "    try:\n"
        "        with Timeout(0.2):\n"
        "            wait_for_ever(of)\n"
        "    except Timeout:\n"
        "        pass\n"
        "assert (begun, len(held)) == (['a'], 2)\n"
        # The exceptions are held. Other requests of the client go on.
        "assert text(client) == 'Hello!'\n"
        "import json, urllib.request\n"
        "def outcome(url):\n"
        "    root, nonce = url.split('/v/')[0], url.rsplit('/', 1)[1]\n"
        "    with urllib.request.urlopen(f'{root}/log/{nonce}') as reply:\n"
        "        return json.load(reply)[-1]['outcome']\n"
        "deadline = time.monotonic() + 30\n"
        "while set(map(outcome, urls)) != {'closed'} and time.monotonic() < deadline:\n"
        "    sleep(0.01)\n"
        "print(*map(outcome, urls))\n"
    )
    told = python(script, server.base_url("stream.plain"), tmp_path, start(library, server))
    assert told == "closed closed"


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_given_up_next_loses_nothing(library: str, server: Server, tmp_path: Path) -> None:
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
