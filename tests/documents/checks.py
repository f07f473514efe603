"""Type-checks blocks: mypy and pyright in strict mode, tsc in strict mode, and rustc.

A checker runs once for all blocks of its language. Each function returns the problems, with the locations of the documents.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from blocks import Block
from programs import ROOT, TOOLS

_TSCONFIG = {
    "compilerOptions": {
        "target": "es2022",
        "module": "nodenext",
        "lib": ["es2023", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"],
        "types": ["node"],
        "typeRoots": [str(TOOLS / "@types")],
        "strict": True,
        "allowJs": True,
        "checkJs": True,
        "noEmit": True,
        "skipLibCheck": True,
    },
}
#: The packages of the Rust blocks, in the versions of the workspace.
_CRATES = {
    "futures-util": '{ workspace = true, features = ["std"] }',
    "schemars": "{ workspace = true }",
    "serde": "{ workspace = true }",
    "tokio": '{ workspace = true, features = ["macros", "rt-multi-thread"] }',
}


def _problems(blocks: list[Block], command: list[str], folder: Path, **environment: str) -> str:
    ended = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    output = ended.stdout + ended.stderr
    for block in blocks:
        output = block.locate(output)
    return output if ended.returncode else ""


def check_python(blocks: list[Block], folder: Path) -> str:
    """Check with mypy and pyright, in the environment of this process, which has the wheel."""
    files = [block.write(folder).name for block in blocks]
    mypy = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--cache-dir",
        str(folder / "cache"),
        *files,
    ]
    config = {"include": files, "typeCheckingMode": "strict", "pythonVersion": "3.10"}
    (folder / "pyrightconfig.json").write_text(json.dumps(config))
    pyright = ["node", str(TOOLS / "pyright/index.js"), "--project", ".", "--pythonpath", sys.executable]
    return _problems(blocks, mypy, folder) + _problems(blocks, pyright, folder)


def check_typescript(blocks: list[Block], folder: Path) -> str:
    """Check JavaScript and TypeScript with tsc; `folder` is inside a project with the packages."""
    files = [block.write(folder).name for block in blocks]
    (folder / "tsconfig.json").write_text(json.dumps({**_TSCONFIG, "files": files}))
    return _problems(blocks, ["node", str(TOOLS / "typescript/bin/tsc"), "--project", "."], folder)


def check_rust(blocks: list[Block], folder: Path) -> str:
    """Compile every block into a program in the target folder of the repository."""
    shutil.rmtree(folder, ignore_errors=True)
    programs = folder / "src/bin"
    programs.mkdir(parents=True)
    for block in blocks:
        block.write(programs)
    workspace = (ROOT / "Cargo.toml").read_text()
    dependencies = re.search(r"^\[workspace\.dependencies\]\n.*?(?=^\[)", workspace, re.MULTILINE | re.DOTALL)
    assert dependencies
    absolute = re.sub(r'path = "', f'path = "{ROOT}/', dependencies[0])
    crates = "\n".join(f"{name} = {version}" for name, version in _CRATES.items())
    manifest = (
        '[package]\nname = "documents"\nedition = "2024"\nversion = "0.0.0"\n\n'
        f"[dependencies]\ntrilogue = {{ workspace = true }}\n{crates}\n\n"
        f'[workspace]\nresolver = "3"\n\n{absolute}'
    )
    (folder / "Cargo.toml").write_text(manifest)
    shutil.copy(ROOT / "Cargo.lock", folder)
    command = ["cargo", "build", "--bins", "--quiet", "--target-dir", str(ROOT / "target")]
    return _problems(blocks, command, folder)
