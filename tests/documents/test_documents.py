"""Every code block of the documents is complete, has correct types, and runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from blocks import DISPLAYED, SUFFIXES, Block, collect
from checks import check_python, check_rust, check_typescript
from network import KEYS, SERVERS, Network
from programs import PROJECT, ROOT, BlockError, run
from variants import Row, rows, variants

BLOCKS = collect(ROOT)
EXECUTED = [block for block in BLOCKS if block.language not in DISPLAYED]
#: Blocks for other servers, with the rows that they come from.
VARIANTS: list[tuple[Row, Block]] = [
    variant for block in EXECUTED for variant in variants(block, rows((ROOT / block.document).read_text()))
]
#: The documents with a quickstart.
QUICKSTARTS = {"README.md", "bindings-python/README.md", "typescript/README.md", "trilogue/src/lib.rs"}
#: The number of servers of each quickstart.
ROWS = 8


def of(*languages: str) -> list[Block]:
    """Return the blocks and variants in some languages that are compiled or type-checked."""
    return [block for block in [*EXECUTED, *(block for _, block in VARIANTS)] if block.language in languages]


def report(problems: str) -> None:
    """Fail with problems, which have their locations."""
    if problems:
        pytest.fail(problems, pytrace=False)


def execute(block: Block, folder: Path, network: Network, request: pytest.FixtureRequest, keys: dict[str, str]) -> str:
    """Run a block and return its output, or fail with the block's location."""
    if block.language == "rust":
        request.getfixturevalue("rust_programs")
    try:
        return run(block, folder, network, keys)
    except BlockError as error:
        pytest.fail(str(error), pytrace=False)


def test_languages() -> None:
    """A block has a language."""
    known = DISPLAYED | set(SUFFIXES)
    assert [block.location for block in BLOCKS if block.language not in known] == []


def test_quickstarts() -> None:
    """Each quickstart lists all servers and has a program."""
    assert {document: len(rows((ROOT / document).read_text())) for document in QUICKSTARTS} == dict.fromkeys(
        QUICKSTARTS, ROWS
    )
    assert {block.document for _, block in VARIANTS} == QUICKSTARTS


def test_types_of_python(tmp_path: Path) -> None:
    """Strict mypy and pyright accept the Python blocks."""
    report(check_python(of("python"), tmp_path))


def test_types_of_typescript(scripts: Path) -> None:
    """Tsc accepts the JavaScript and TypeScript blocks in strict mode."""
    report(check_typescript([block.module() for block in of("html", "js", "ts")], scripts))


@pytest.fixture(scope="session")
def rust_programs() -> None:
    """Compile the Rust blocks."""
    report(check_rust(of("rust"), PROJECT.parent / "rust"))


@pytest.mark.usefixtures("scripts")
@pytest.mark.parametrize("block", EXECUTED, ids=lambda block: block.location)
def test_block(block: Block, tmp_path: Path, network: Network, request: pytest.FixtureRequest) -> None:
    """A block runs."""
    execute(block, tmp_path, network, request, {})


@pytest.mark.usefixtures("scripts")
@pytest.mark.parametrize(("row", "block"), VARIANTS, ids=lambda value: getattr(value, "server", None) or value.location)
def test_server(row: Row, block: Block, tmp_path: Path, network: Network, request: pytest.FixtureRequest) -> None:
    """A quickstart runs with the base URL, the model and the key of a row."""
    # The table may name the general variable for the key of another server.
    key = SERVERS[row.base_url]
    keys = {row.variable: KEYS[key]} if row.variable and key else {}
    assert "GraphQL" in execute(block, tmp_path, network, request, keys)
