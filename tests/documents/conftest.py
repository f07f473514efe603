"""The blocks, the network and the folders of the tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from network import Network
from programs import PROJECT


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Start the proxy."""
    network = Network(tmp_path_factory.mktemp("network"))
    yield network
    network.close()


@pytest.fixture(scope="session")
def scripts() -> Path:
    """Return an empty folder inside the Node project."""
    folder = PROJECT / "blocks"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder
