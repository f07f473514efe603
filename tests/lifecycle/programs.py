"""Runs Python scripts for the lifecycle tests, each in a process of its own.

Invariant: a script runs with warnings as errors, and must end with status 0 and an empty standard error: no closed loop, no lost task, no
thread that aborts.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from conftest import PYTHON, environment

if TYPE_CHECKING:
    from pathlib import Path

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
#: The functions that run a coroutine.
RUNNERS = {"asyncio": "from asyncio import run\n", "uvloop": "from uvloop import run\n"}


def python(script: str, base_url: str, folder: Path, start: str = START) -> str:
    """Run a script and return what it printed."""
    path = folder / "script.py"
    path.write_text(start + script)
    # Development mode without asyncio's warnings about slow callbacks, which depend on the machine.
    command = [PYTHON, "-W", "error", "-X", "faulthandler", str(path)]
    variables = environment(base_url, PYTHONMALLOC="debug")
    ended = subprocess.run(command, env=variables, check=False, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.strip()
