"""The data of the tokenizer, which the environment of the tests does not have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel with the data into a folder of its own."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--target", str(folder)]
    subprocess.run([*pip, os.environ["TRILOGUE_O200K"]], check=True)
    return folder
