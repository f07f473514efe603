"""Processes: exit codes, Ctrl-C, forks, servers that die.

The tests use real processes, real sockets and the installed packages. Time limits detect hangs and measure nothing.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import NODE, PROGRAMS, PYTHON, ROOT, Server, environment


@pytest.mark.parametrize("runtime", PROGRAMS)
def test_a_server_crash_is_a_typed_error_within_a_second(runtime: str, server: Server) -> None:
    program = subprocess.Popen(
        PROGRAMS[runtime],
        env=environment(server.base_url("lifecycle.stall")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=0,
    )
    assert program.stdout is not None
    assert program.stderr is not None
    assert program.stdout.read(1) == "a"
    server.kill()
    killed = time.monotonic()
    complaint = program.stderr.readline() + program.stderr.readline()
    took = time.monotonic() - killed
    program.communicate(timeout=20)
    assert program.returncode == 1
    assert "IncompleteStreamError: the answer is incomplete" in complaint
    assert took < 1


def test_200_scripts_with_one_stream_exit_with_0(server: Server) -> None:
    script = (
        "import trilogue, sys\n"
        "stream = trilogue.Client().chat.completions.create(\n"
        "    model='m', messages=[{'role': 'user', 'content': 'Hi'}], stream=True)\n"
        "sys.exit(0 if ''.join(chunk.text for chunk in stream) == 'Hello!' else 9)\n"
    )
    variables = environment(server.base_url("stream.plain"))

    def run(_: int) -> int:
        return subprocess.run([PYTHON, "-c", script], env=variables, check=False, timeout=60).returncode

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(run, range(200)))
    assert codes == [0] * 200


def test_a_script_with_open_streams_exits_with_0(server: Server) -> None:
    script = (
        "import asyncio, trilogue\n"
        "ask = dict(model='m', messages=[{'role': 'user', 'content': 'Hi'}], stream=True)\n"
        "stream = trilogue.Client().chat.completions.create(**ask)\n"
        "assert next(stream).text == 'a'\n"
        "async def main():\n"
        "    stream = await trilogue.AsyncClient().chat.completions.create(**ask)\n"
        "    assert (await anext(stream)).text == 'a'\n"
        "    asyncio.ensure_future(anext(stream))\n"
        "    await asyncio.sleep(0.05)\n"
        "asyncio.run(main())\n"
    )
    variables = environment(server.base_url("lifecycle.stall"))
    ended = subprocess.run(
        [PYTHON, "-c", script], env=variables, check=False, timeout=20, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_client_works_on_both_sides_of_a_fork(server: Server) -> None:
    script = (
        "import os, trilogue\n"
        "client = trilogue.Client()\n"
        "def ask():\n"
        "    stream = client.chat.completions.create(\n"
        "        model='m', messages=[{'role': 'user', 'content': 'Hi'}], stream=True)\n"
        "    return ''.join(chunk.text for chunk in stream)\n"
        "assert ask() == 'Hello!'\n"
        "child = os.fork()\n"
        "assert ask() == 'Hello!'\n"
        "if child:\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
    )
    variables = environment(server.base_url("stream.plain"))
    ended = subprocess.run(
        [PYTHON, "-c", script], env=variables, check=False, timeout=20, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_ctrl_c_ends_a_synchronous_read(server: Server) -> None:
    program = subprocess.Popen(
        PROGRAMS["python"],
        env=environment(server.base_url("lifecycle.stall")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=0,
    )
    assert program.stdout is not None
    assert program.stdout.read(1) == "a"
    program.send_signal(signal.SIGINT)
    _, complaint = program.communicate(timeout=60)
    assert "KeyboardInterrupt" in complaint


@pytest.mark.parametrize("runtime", ["python", "node"])
def test_a_finished_stream_returns_its_connection(runtime: str, server: Server) -> None:
    base_url = server.base_url("stream.plain")
    scripts = {
        "python": [
            PYTHON,
            "-c",
            "import trilogue\n"
            "client = trilogue.Client()\n"
            "for _ in range(8):\n"
            "    list(client.chat.completions.create(\n"
            "        model='m', messages=[{'role': 'user', 'content': 'Hi'}], stream=True))\n",
        ],
        "node": [
            "node",
            "--input-type=module",
            "-e",
            "import { Client } from 'trilogue';\n"
            "const client = new Client();\n"
            "for (let i = 0; i < 8; i++) {\n"
            "  const stream = await client.chat.completions.create(\n"
            "    { model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true });\n"
            "  for await (const chunk of stream);\n"
            "}\n",
        ],
    }
    subprocess.run(scripts[runtime], env=environment(base_url), cwd=NODE, check=True, timeout=20)
    entries = server.log(base_url)
    assert len(entries) == 8
    # The next request may start before the server has ended the body.
    assert len({entry["connection"] for entry in entries}) <= 4


def marked(mark: str) -> list[str]:
    """Return the command lines of the running processes whose environment holds `mark`."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                if mark.encode() in (folder / "environ").read_bytes():
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("runtime", ["python", "browser"])
def test_an_interrupted_demo_leaves_no_process_behind(runtime: str, number: signal.Signals) -> None:
    mark = f"TRILOGUE_MARK={uuid.uuid4().hex}"
    name, value = mark.split("=")
    program = subprocess.Popen(
        [os.environ["TRILOGUE_XTASK"], "demo", "--no-build", "--only", runtime],
        env={**os.environ, name: value},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    assert program.stdout is not None
    while program.stdout.readline().strip()[:6] != "──".encode():
        assert program.poll() is None, "the demo ended before it began"
    assert program.stdout.read(1)
    assert marked(mark)
    program.send_signal(number)
    program.wait(timeout=60)
    # Long enough for a busy machine; a process that stays is found after it.
    deadline = time.monotonic() + 60
    while marked(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert marked(mark) == []


def test_the_local_model_prints_its_address_and_ends_at_ctrl_c() -> None:
    command = [os.environ["TRILOGUE_DEMO_PYTHON"], "-m", "trilogue", "local"]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert program.stdout is not None
    base_url = program.stdout.readline().strip()
    assert base_url.startswith("http://127.0.0.1:")
    assert base_url.endswith("/api/v7/llm")
    answer = subprocess.run(
        PROGRAMS["python"], env=environment(base_url), check=True, capture_output=True, text=True, timeout=60
    )
    assert answer.stdout.strip()
    program.send_signal(signal.SIGINT)
    assert program.wait(timeout=60) == 0


def test_the_local_command_names_the_missing_package() -> None:
    ended = subprocess.run([PYTHON, "-m", "trilogue", "local"], check=False, capture_output=True, text=True, timeout=20)
    assert ended.returncode == 1
    assert "trilogue[local]" in ended.stderr
    assert sys.executable.split("/")[-1] in ended.stderr
