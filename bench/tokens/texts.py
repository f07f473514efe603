"""Writes the texts of `cargo xtask bench tokens`: `texts.py FOLDER`.

English is Python's documentation of its language, the other prose is that of Django's translations, and code is Django's own. The other texts are
hard for byte pair encoding.
"""

from __future__ import annotations

import ast
import random
import re
import sys
from pathlib import Path
from pydoc_data.topics import topics

import django

#: Lines of a translation file that continue a text.
TEXT = re.compile(r'^(msgid|msgstr(?:\[\d\])?)?\s*(".*")$')
LANGUAGES = {"Chinese": "zh_Hans", "Japanese": "ja", "Korean": "ko", "Russian": "ru", "Arabic": "ar", "Hindi": "hi"}
HANZI = [chr(code) for code in range(0x4E00, 0xA000)]
HARD = {
    "a": "a" * 1_000_000,
    "spaces": " " * 1_000_000,
    "zeros": "0" * 1_000_000,
    "line breaks": " \n" * 500_000,
    "one combining mark": "\u0301" * 500_000,
    "one ideograph": "\u4e2d" * 333_333,
    "dashes": "-----------------=" * 50_000,
}
#: Alphabets of random texts, each of which is one piece.
RANDOM = {
    "random letters": [chr(code) for code in range(ord("a"), ord("z") + 1)],
    "random ideographs": HANZI,
    "random symbols": list("-=+*#!?<>~"),
    "random combining marks": [chr(code) for code in range(0x300, 0x370)],
    "random white space": list("  \t\u00a0\u3000"),
}


def translations(root: Path, locale: str) -> str:
    """Return the texts of all translation files of a locale."""
    texts = {"msgid": "", "msgstr": ""}
    for path in sorted(root.rglob(f"locale/{locale}/LC_MESSAGES/*.po")):
        kind = "msgid"
        # The first entry is the file's header.
        for line in path.read_text(encoding="utf-8").split("\n\n", 1)[1].splitlines():
            if found := TEXT.match(line):
                if found[1]:
                    kind = found[1].partition("[")[0]
                    texts[kind] += " "
                texts[kind] += ast.literal_eval(found[2])
    return texts["msgstr"]


def main() -> None:
    """Write all texts."""
    folder, root = Path(sys.argv[1]), Path(django.__file__).parent
    sources = [path.read_text(encoding="utf-8") for path in sorted(root.rglob("db/**/*.py"))]
    texts = {"English": "\n".join(topics.values()), "code": "".join(sources)[:1_000_000]}
    texts |= {name: translations(root, locale) for name, locale in LANGUAGES.items()}
    chosen = random.Random(1)  # noqa: S311
    texts |= HARD
    texts |= {name: "".join(chosen.choices(alphabet, k=400_000)) for name, alphabet in RANDOM.items()}
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, text) in enumerate(texts.items()):
        (folder / f"{number:02} {name}.txt").write_text(text, encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
