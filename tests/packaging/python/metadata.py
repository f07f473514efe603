"""Check the installed package as PyPI, installers and type checkers do.

Its one argument is the README that PyPI shows. It does not know how the package was built.
"""

import sys
from importlib.metadata import distribution
from pathlib import Path

installed = distribution("trilogue")
metadata = installed.metadata
files = {str(file): file for file in installed.files or []}

assert metadata["Name"] == "trilogue"
assert metadata["License-Expression"] == "MIT OR Apache-2.0"
assert metadata["Requires-Python"] == ">=3.10"
assert metadata["Summary"]
assert metadata["Description-Content-Type"].startswith("text/markdown")
readme = metadata["Description"]
assert readme.strip() == Path(sys.argv[1]).read_text("utf-8").strip()

classifiers = metadata.get_all("Classifier", [])
for minor in range(10, 16):
    assert f"Programming Language :: Python :: 3.{minor}" in classifiers
assert "Typing :: Typed" in classifiers
urls = dict(url.split(", ") for url in metadata.get_all("Project-URL", []))
assert {"Changelog", "Documentation", "Issues", "Source"} <= urls.keys()
assert all(url.startswith("https://") for url in urls.values())

# Extras are not installed by default.
required = installed.requires or []
assert all("extra ==" in requirement for requirement in required), required
assert set(metadata.get_all("Provides-Extra", [])) == {"chat", "local", "tokens"}

assert "trilogue/py.typed" in files
assert "trilogue/_native.pyi" in files
assert not [name for name in files if "test" in name]

licences = {Path(name).name: file.read_text("utf-8") for name, file in files.items() if "/licenses/" in name}
assert licences.keys() == {"LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY.txt"}
assert set(metadata.get_all("License-File", [])) == licences.keys()
notices = licences["THIRD-PARTY.txt"]
# A linked package, its licence, and the text that its licence requires.
for expected in [
    "\nring ",
    "\ntokio ",
    "Apache-2.0 and ISC",
    "Copyright (c) Tokio Contributors",
    "CDLA-Permissive-2.0",
]:
    assert expected in notices, expected
