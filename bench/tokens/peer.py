"""Measures tiktoken as `src/speed.rs` measures the tokenizers in Rust: `peer.py load VOCABULARY`, or `peer.py speed VOCABULARY FILE...`."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

import tiktoken

URL = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
NAME = "tiktoken (Python)"
ROUNDS, BYTES = 4, 3_000_000


def best(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the least CPU time of some runs, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.thread_time()
        run()
        times.append(time.thread_time() - start)
    return min(times)


def memory() -> int:
    """Return the resident memory in KB."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4


def load(vocabulary: str) -> tiktoken.Encoding:
    """Load the vocabulary without the network."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(vocabulary, Path(folder, sha1(URL.encode(), usedforsecurity=False).hexdigest()))
        os.environ["TIKTOKEN_CACHE_DIR"] = folder
        return tiktoken.get_encoding("o200k_base")


def measure(encoding: tiktoken.Encoding, text: str) -> dict[str, float]:
    """Return the number of tokens, and MB/s."""
    size = len(text.encode())
    tokens = len(encoding.encode_ordinary(text))
    seconds = best(lambda: encoding.encode_ordinary(text), 1)
    # A text that is slow is measured once.
    if seconds < 1:
        rounds = BYTES // size + 1
        seconds = best(lambda: [encoding.encode_ordinary(text) for _ in range(rounds)]) / rounds
    return {"tokens": tokens, "encode": size / seconds / 1e6}


def main() -> None:
    """Print a line of JSON for the load, or for each file."""
    work, vocabulary, *files = sys.argv[1:]
    before, start = memory(), time.thread_time()
    encoding = load(vocabulary)
    if work == "load":
        figures = {"milliseconds": (time.thread_time() - start) * 1e3, "kilobytes": memory() - before}
        print(json.dumps({"tokenizer": NAME, **figures}))
        return
    for file in files:
        line: dict[str, object] = {"tokenizer": NAME, "text": file}
        try:
            line |= measure(encoding, Path(file).read_bytes().decode())
        except BaseException as error:
            # tiktoken panics on a million spaces, and exceptions for panics of Rust have a class that no program can import.
            if type(error).__name__ != "PanicException":
                raise
        print(json.dumps(line))


if __name__ == "__main__":
    main()
