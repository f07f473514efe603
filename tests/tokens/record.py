"""Prints the constants of `core/tests/tokens.rs`: the number of tiktoken's tokens for its texts, and their hash.

Usage: `record.py VOCABULARY`. The texts are read from the constants of that file, and made as there.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import sys
import tempfile
from hashlib import sha1
from pathlib import Path

URL = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
SOURCE = Path(__file__).parents[2] / "core/tests/tokens.rs"


def constant(name: str) -> list[str]:
    """Return a list of strings from the Rust file."""
    found = re.search(rf"const {name}: [^=]*= (\[.*?\]);\n", SOURCE.read_text(encoding="utf-8"), re.DOTALL)
    assert found, name
    text = re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: f"\\u{int(code[1], 16):04x}", found[1])
    return ast.literal_eval(text)


def noise(samples: list[str]) -> list[str]:
    """Return the texts of the same generator as in Rust."""
    seed = 1

    def below(limit: int) -> int:
        nonlocal seed
        seed = (seed * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        return (seed >> 33) % limit

    return ["".join(samples[below(40)] for _ in range(1 + below(24))) for _ in range(20_000)]


def main() -> None:
    """Print all constants."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(sys.argv[1], Path(folder, sha1(URL.encode(), usedforsecurity=False).hexdigest()))
        os.environ["TIKTOKEN_CACHE_DIR"] = folder
        import tiktoken

        encoding = tiktoken.get_encoding("o200k_base")
    points = [c for c in range(0x110000) if (c < 0x10000 or c % 16 == 0) and not 0xD800 <= c < 0xE000]
    lines = [points[start : start + 64] for start in range(0, len(points), 64)]
    text = re.search(r'let text = (".*")\.repeat\(500\)', SOURCE.read_text(encoding="utf-8"))
    assert text
    made = {
        "CODE_POINTS": ["".join(c.replace("{}", chr(p)) for p in line) for c in constant("CONTEXTS") for line in lines],
        "NOISE": noise(constant("SAMPLES")),
        "RUNS": [run * n for run in constant("RUNS") for n in (1, 2, 15, 16, 17, 64, 96, 97, 127, 128, 129, 20_000)],
        "REPEATED": [ast.literal_eval(text[1]) * 500],
    }
    for name, texts in made.items():
        count, digest = 0, 0xCBF29CE484222325
        for text in texts:
            tokens = encoding.encode_ordinary(text)
            count += len(tokens)
            for byte in b"".join(token.to_bytes(4, "little") for token in tokens):
                digest = (digest ^ byte) * 0x100000001B3 % 2**64
        print(f"const RECORDED_{name}: (usize, u64) = ({count:_}, 0x{digest:016X});")


if __name__ == "__main__":
    main()
