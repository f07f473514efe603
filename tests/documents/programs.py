"""Runs blocks as their readers would: every block alone, in a process and a folder of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path

import tomllib
from blocks import Block
from network import KEYS, Network

HERE = Path(__file__).parent
ROOT = Path(os.environ["TRILOGUE_ROOT"])
#: A Node project with the npm package and the libraries that the documents name.
PROJECT = Path(os.environ["TRILOGUE_DOCUMENTS_PROJECT"])
#: The development tools of the npm package: esbuild, tsc and pyright.
TOOLS = ROOT / "typescript/node_modules"
#: The longest time that a block may take, in seconds.
_TIMEOUT = 60
#: What a program prints if an example reads something that is not there.
_MISSING = re.compile(r"\b(None|undefined|null|NaN)\b|\[object ")


class BlockError(Exception):
    """A block failed. The message begins with its location."""

    def __init__(self, block: Block, problem: str) -> None:
        super().__init__(f"{block.location}: {block.locate(problem).strip()}")


def run(block: Block, folder: Path, network: Network, keys: dict[str, str] | None = None) -> str:
    """Run a block and return its output; `keys` replaces keys of the environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TRILOGUE_", "PYTHON"))}
    environment |= {**network.environment(), **(keys or {}), "HOME": str(folder)}
    environment["PYTHONPATH"] = os.environ["TRILOGUE_VOCABULARY"]
    match block.language:
        case "json":
            return json.dumps(json.loads(block.text))
        case "toml":
            return json.dumps(tomllib.loads(block.text))
        case "sh":
            return _run_shell(block, folder, environment)
        case "html":
            return _run_page(block, block.text, network)
        case "js" if block.is_page:
            return _run_page(block, _bundle(block, network), network)
        case "python" if re.search(r"^app = ", block.text, re.MULTILINE):
            return _run_server(block, folder, environment)
        case "python":
            command = [sys.executable, str(block.write(folder))]
        case "js" | "ts":
            command = ["node", str(_script(block))]
        case "rust":
            command = [str(ROOT / "target/debug" / block.name)]
        case language:
            raise BlockError(block, f"no program runs the language {language!r}")
    output = _output(block, command, folder, environment)
    if missing := _MISSING.search(output):
        raise BlockError(block, f"the program printed {missing[0]!r}:\n{output}")
    return output


def _output(block: Block, command: list[str], folder: Path, environment: dict[str, str]) -> str:
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as program:
        try:
            output, _ = program.communicate(timeout=_TIMEOUT)
        except subprocess.TimeoutExpired:
            # With the processes that it started.
            os.killpg(program.pid, signal.SIGKILL)
            raise BlockError(block, f"the program did not end within {_TIMEOUT} seconds") from None
    if program.returncode != 0:
        raise BlockError(block, f"the program failed\n{output}")
    return output


def _script(block: Block) -> Path:
    """Write a module for Node into the project, so that it finds the packages; TypeScript is compiled."""
    folder = PROJECT / "blocks"
    path = block.write(folder)
    if block.language == "js":
        return path
    script = path.with_suffix(".mjs")
    _output(block, [str(TOOLS / ".bin/esbuild"), str(path), f"--outfile={script}"], folder, dict(os.environ))
    return script


def _bundle(block: Block, network: Network) -> str:
    """Bundle a module for a page with esbuild as the npm package's README describes; return the page."""
    folder = PROJECT / "blocks"
    path = block.write(folder)
    output = folder / f"{block.name}-bundle"
    bundle = ["--bundle", "--format=esm", "--loader:.wasm=file", f"--outdir={output}", "--public-path=/"]
    _output(block, [str(TOOLS / ".bin/esbuild"), str(path), *bundle], folder, dict(os.environ))
    for file in output.iterdir():
        kind = "application/wasm" if file.suffix == ".wasm" else "text/javascript"
        network.files[f"/{file.name}"] = (kind, file.read_bytes())
    return f'<!doctype html><main></main><script type="module" src="/{path.name}"></script>'


def _run_page(block: Block, page: str, network: Network) -> str:
    """Open a page in Chromium and return its text after the answer."""
    network.files["/"] = ("text/html; charset=utf-8", page.encode())
    for file in (PROJECT / "node_modules/trilogue/dist").iterdir():
        if file.is_file():
            kind = "application/wasm" if file.suffix == ".wasm" else "text/javascript"
            for folder in ("", "/node_modules/trilogue/dist"):
                network.files[f"{folder}/{file.name}"] = (kind, file.read_bytes())
    command = ["node", str(HERE / "page.mjs"), os.environ["TRILOGUE_CHROMIUM"], os.environ["TRILOGUE_PLAYWRIGHT"]]
    return _output(block, [*command, network.url, KEYS["MODELSLAB_API_KEY"]], PROJECT, dict(os.environ))


def _fetch(url: str) -> str:
    """Request a server on this machine, without the proxies of this process."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=_TIMEOUT) as answer:
        return str(answer.read().decode())


def _run_server(block: Block, folder: Path, environment: dict[str, str]) -> str:
    """Serve an application with uvicorn and return the answer to a request of its first route."""
    path = block.write(folder)
    route = re.search(r"[\"'](/\w+)[\"']", block.text)
    if route is None:
        raise BlockError(block, "the application has no route")
    command = [sys.executable, "-m", "uvicorn", f"{path.stem}:app", "--port", "0"]
    server = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    log = ""
    try:
        for line in server.stderr:
            log += line
            if address := re.search(r"running on (http://\S+)", line):
                return _fetch(f"{address[1]}{route[1]}?question=Hi")
        raise BlockError(block, f"the server did not start\n{log}")
    except OSError as error:
        raise BlockError(block, f"the server did not answer: {error}\n{log}") from None
    finally:
        server.kill()
        server.wait()


def _run_shell(block: Block, folder: Path, environment: dict[str, str]) -> str:
    """Run commands; those that install or build something are replaced by `stand_in.py`, which checks their arguments."""
    programs = folder / "programs"
    programs.mkdir()
    for name in ("cargo", "claude", "npm", "pip", "python3", "uv", "wasm-bindgen"):
        program = programs / name
        program.write_text(f"#!{sys.executable}\n{(HERE / 'stand_in.py').read_text()}")
        program.chmod(0o755)
    python = Path(os.environ["TRILOGUE_DEMO_PYTHON"]).parent
    path = os.pathsep.join([str(programs), str(python), environment["PATH"]])
    environment |= {"PATH": path, "TRILOGUE_XTASK": os.environ["TRILOGUE_XTASK"], "TRILOGUE_ROOT": str(ROOT)}
    # Any free port: another program of this machine may have the document's.
    script = replace(block, text=re.sub(r"--port \d+", "--port 0", block.text)).write(folder)
    command = ["bash", "-eu", str(script)]
    if not re.search(r"^python -m trilogue local.*\s\Z", block.text, re.MULTILINE):
        return _output(block, command, folder, environment)
    server = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert server.stdout is not None
    try:
        for line in server.stdout:
            if line.startswith("http://"):
                return _fetch(f"{line.strip()}/models")
        raise BlockError(block, "the embedded model did not start")
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
