"""A wrong block is reported, with the document and the line."""

from __future__ import annotations

from pathlib import Path

import pytest
from blocks import Block, parse
from checks import check_python, check_typescript
from network import Network
from programs import BlockError, run

WRONG = {
    "python": "from trilogue import Client\n\nprint(Client().base_uri)\n",
    "js": 'import { Client } from "trilogue";\n\nconsole.log(new Client().baseUri.length);\n',
    "sh": "pip install trilogue\nnpm install trilogve\n",
    "json": '{ "key": }\n',
}
#: A program without an exception that prints that something is missing.
EMPTY = "print({}.get('usage'))\n"


def block(language: str, text: str) -> Block:
    """Return a block from line 4 of a document."""
    (found,) = parse("docs/WRONG.md", f"# Wrong\n\n```{language}\n{text}```\n")
    return found


@pytest.mark.usefixtures("scripts")
@pytest.mark.parametrize("language", ["python", "js", "sh"])
def test_wrong_program(language: str, tmp_path: Path, network: Network) -> None:
    """The report has the location of the block."""
    with pytest.raises(BlockError, match=r"^docs/WRONG\.md:4: "):
        run(block(language, WRONG[language]), tmp_path, network)


def test_traceback(tmp_path: Path, network: Network) -> None:
    """A traceback has the line of the document."""
    with pytest.raises(BlockError, match=r'File "docs/WRONG\.md", line 6') as raised:
        run(block("python", WRONG["python"]), tmp_path, network)
    assert "base_uri" in str(raised.value)


def test_missing_value(tmp_path: Path, network: Network) -> None:
    """A program that prints None has failed."""
    with pytest.raises(BlockError, match=r"^docs/WRONG\.md:4: the program printed 'None'"):
        run(block("python", EMPTY), tmp_path, network)


def test_unknown_host(tmp_path: Path, network: Network) -> None:
    """A misspelled base URL is an error."""
    text = "from trilogue import Client\nprint(Client(base_url='https://api.openai.com/v2').models.list().data)\n"
    with pytest.raises(BlockError, match=r"no document may name https://api\.openai\.com/v2/"):
        run(block("python", text), tmp_path, network)


def test_types(tmp_path: Path, scripts: Path) -> None:
    """Type checkers report the line of the document."""
    problems = check_python([block("python", WRONG["python"])], tmp_path)
    assert "docs/WRONG.md:6: error: " in problems  # mypy
    assert "docs/WRONG.md:6:16 - error: " in problems  # pyright
    problems = check_typescript([block("js", WRONG["js"])], scripts)
    assert "docs/WRONG.md(6," in problems
