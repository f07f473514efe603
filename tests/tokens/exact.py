"""Compares the tokenizer with tiktoken, id for id.

Usage: `exact.py PROGRAM DATA VOCABULARY SEED [FILE...]`. PROGRAM is `bench/tokens`, DATA the decompressed pairs, VOCABULARY the published file.
The texts are excerpts of the files, every code point in three contexts, noise over the classes of the pattern, and long runs.
"""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
from hashlib import sha1
from pathlib import Path

URL = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
#: Contexts of each code point: within words and numbers, between signs, and beside white space.
CONTEXTS = ("{}=e{}Ab", "A{}b{}'s {}1{}{}\n", " {}/x\r\n{} {}")
#: Members of every class, and the signs that the pattern names.
SAMPLES = [
    *" \n\t\u00a0\u3000\u2028\u0085\x0baBZsS\u017f'",
    *'中文\u0301\u1ad31²Ⅷ/=-"_.ǅʰ🙂\u200d\ufe0fйЙßé한\u0627K',
    *("  ", "\r\n", "'s", "'LL", "'Ve", "//", "e\u0301", "กำ", "<|end|>"),
]
LENGTHS = (1, 2, 15, 16, 17, 63, 64, 65, 66, 96, 97, 127, 128, 129, 130, 1000, 20000)
RUNS = ("a", " ", "\n", "中", "ab", "=", "0", "A", "🙂", "\u0301", " \n", "-", "é", "\u0627", "-----------------=")


def texts(chosen: random.Random, files: list[str]) -> list[str]:
    """Return all texts."""
    made: list[str] = []
    for file in files:
        text = Path(file).read_text(encoding="utf-8", errors="ignore")
        made += [text[start : start + 300_000] for start in range(0, len(text), 300_000)]
        for _ in range(400):
            start = chosen.randrange(len(text))
            made.append(text[start : start + chosen.randrange(1, 300)])
    points = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]
    for context in CONTEXTS:
        lines = [context.replace("{}", point) for point in points]
        made += ["".join(lines[start : start + 64]) for start in range(0, len(lines), 64)]
    made += ["".join(chosen.choices(SAMPLES, k=chosen.randrange(1, 24))) for _ in range(30_000)]
    for _ in range(3_000):
        kinds = (
            lambda: chr(chosen.randrange(32, 127)),
            lambda: chr(chosen.randrange(0x80, 0x3000)),
            lambda: chosen.choice(points),
        )
        made.append("".join(chosen.choice(kinds)() for _ in range(chosen.randrange(1, 60))))
    for length in LENGTHS:
        made += [run * length for run in RUNS]
        for alphabet in (
            "abcdefghijklmnopqrstuvwxyz",
            "中文字国家人民的一是",
            "-=+*#!?",
            "\u0301\u0300\u0302",
            " \t\u00a0",
        ):
            made.append("".join(chosen.choices(alphabet, k=length)))
    return made


def main() -> None:
    """Compare all texts, and exit with 1 if one differs."""
    program, data, vocabulary, seed, *files = sys.argv[1:]
    made = texts(random.Random(int(seed)), files)  # noqa: S311
    encoded = [text.encode() for text in made]
    sent = b"".join(struct.pack("<I", len(text)) + text for text in encoded)
    ours = subprocess.run([program, "check", data], input=sent, stdout=subprocess.PIPE, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(vocabulary, Path(folder, sha1(URL.encode(), usedforsecurity=False).hexdigest()))
        os.environ["TIKTOKEN_CACHE_DIR"] = folder
        import tiktoken

        theirs = tiktoken.get_encoding("o200k_base")
    start = tokens = different = 0
    for text in made:
        (count,) = struct.unpack_from("<I", ours, start)
        ids = list(struct.unpack_from(f"<{count}I", ours, start + 4))
        start += 4 + 4 * count
        expected = theirs.encode_ordinary(text)
        tokens += len(expected)
        if ids != expected:
            different += 1
            if different < 10:
                print(f"different: {text[:80]!a}: {expected[:20]} {ids[:20]}")
    print(f"{len(made)} texts, {tokens} tokens, {different} different")
    sys.exit(different > 0)


if __name__ == "__main__":
    main()
