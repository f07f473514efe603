"""The blocks, the network and the folders of the tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from blocks import collect
from network import Network
from programs import PROJECT, ROOT


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Start the proxy."""
    network = Network(tmp_path_factory.mktemp("network"))
    yield network
    network.close()


@pytest.fixture(scope="session")
def scripts() -> Path:
    """Return a folder inside the Node project, with the modules that lie beside documents with TypeScript."""
    folder = PROJECT / "blocks"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    documents = {ROOT / block.document for block in collect(ROOT) if block.language == "ts"}
    for module in (module for document in documents for module in document.parent.glob("*.ts")):
        shutil.copy(module, folder)
    return folder
