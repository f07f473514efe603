"""Scripts for the official clients run with this package after changing only the import and the constructor.

Each script runs twice against the same answers, with the official package and with this one. The output must be equal, and so must the
meaning of the requests.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from javascript_replies import JAVASCRIPT
from replies import BETTER, REPLIES

FOLDER = Path(__file__).parent
ROOT = Path(os.environ["TRILOGUE_ROOT"])
PYTHON = os.environ["TRILOGUE_MIGRATION_PYTHON"]

#: The replacements in a script: imports and constructors.
CHANGES = [
    (r"\bfrom (?:openai|anthropic) import\b", "from trilogue import"),
    (r"\bfrom (?:openai|anthropic)\.types\b", "from trilogue.types"),
    (r"^import (openai|anthropic)$", r"import trilogue as \1"),
    (r"\bAsync(?:OpenAI|Anthropic)\b", "AsyncClient"),
    (r"\b(?:OpenAI|Anthropic)\b(?=\(|,|$)", "Client"),
    (r": OpenAI\b", ": Client"),
]


class Servers:
    """A test server with the answers to every script."""

    def __init__(self, folder: Path) -> None:
        answers: dict[str, Any] = {**REPLIES, **JAVASCRIPT, **{name: reply for name, (reply, _) in BETTER.items()}}
        for name, responses in answers.items():
            vector = {"about": "a script", "response": responses, "expect": {}}
            (folder / f"{name.replace('/', '.')}.json").write_text(json.dumps(vector))
        command = [str(ROOT / "target/debug/trilogue-test-server"), str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def run(
        self, name: str, script: str, folder: Path, program: str = PYTHON, suffix: str = ".py"
    ) -> tuple[str, list[dict[str, Any]]]:
        """Run a script; return what it printed, with its exception if there was one, and the requests that the server saw."""
        nonce = uuid.uuid4().hex
        base = f"{self.url}/v/{name.replace('/', '.')}/pieces/{nonce}"
        variables = {key: value for key, value in os.environ.items() if not key.endswith(("_API_KEY", "_BASE_URL"))}
        variables |= {
            "OPENAI_BASE_URL": base,
            "ANTHROPIC_BASE_URL": base,
            "MODELSLAB_BASE_URL": base,
            "API_KEY": "sk-1",
        }
        # Methods of pydantic's first version warn there.
        variables |= {
            "PYTHONWARNINGS": "ignore",
            "OPENAI_API_KEY": "sk-1",
            "ANTHROPIC_API_KEY": "sk-1",
            "MODELSLAB_API_KEY": "sk-1",
        }
        path = folder / f"{uuid.uuid4().hex}{suffix}"
        path.write_text(script)
        ended = subprocess.run(
            [program, str(path)], env=variables, check=False, capture_output=True, text=True, timeout=60
        )
        with urllib.request.urlopen(f"{self.url}/log/{nonce}") as reply:
            requests: list[dict[str, Any]] = json.load(reply)
        return ended.stdout + ended.stderr, requests


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Start the server, and end it after all scripts."""
    running = Servers(tmp_path_factory.mktemp("scripts"))
    yield running
    running.process.kill()
    running.process.communicate()


def migrated(script: str) -> str:
    """Change the import and the constructor."""
    for old, new in CHANGES:
        script = re.sub(old, new, script, flags=re.MULTILINE)
    return script


def _without_titles(schema: Any) -> Any:
    """Return a schema without the titles that pydantic derives from names."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _without_titles(item) for name, item in schema.items() if name != "title" or isinstance(item, dict)}


def _body(request: dict[str, Any]) -> Any:
    """Return a body without members that equal the standard's defaults, and without titles in the schemas of tools."""
    body = request["body"]
    if body and "tools" in body:
        body = {**body, "tools": _without_titles(body["tools"])}
    return {name: value for name, value in body.items() if (name, value) != ("stream", False)} if body else body


def comparable_requests(requests: list[dict[str, Any]]) -> list[tuple[str, Any, dict[str, str]]]:
    """Return the compared parts of requests: the end of the path with its query, the body, and headers that a script has set."""
    return sorted(
        (
            (request["path"].split("/pieces/")[1].split("/", 1)[1].removeprefix("v1/"), _body(request), own)
            for request in requests
            for own in [
                {name: request["headers"][name] for name in ("x-team", "x-trace") if name in request["headers"]}
            ]
        ),
        key=lambda request: json.dumps(request, sort_keys=True),
    )


def test_every_script_has_answers() -> None:
    scripts = {str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*/*.py")}
    assert scripts == REPLIES.keys() | BETTER.keys()


@pytest.mark.parametrize("name", REPLIES)
def test_a_script_behaves_the_same(name: str, servers: Servers, tmp_path: Path) -> None:
    script = (FOLDER / f"{name}.py").read_text()
    changed = migrated(script)
    for before, after in zip(script.splitlines(), changed.splitlines(), strict=True):
        is_import = re.match(r"\s*(import|from) |    (Async)?(OpenAI|Anthropic),$", before)
        assert before == after or is_import or re.search(r"OpenAI\(|Anthropic\(|: OpenAI", before), before
    assert changed != script
    official, theirs = servers.run(name, script, tmp_path)
    printed, ours = servers.run(name, changed, tmp_path)
    assert official
    assert "Traceback" not in official
    assert printed == official
    for one, other in zip(comparable_requests(ours), comparable_requests(theirs), strict=True):
        assert one == other


@pytest.mark.parametrize("name", BETTER)
def test_a_script_prints_what_is_right(name: str, servers: Servers, tmp_path: Path) -> None:
    script = (FOLDER / f"{name}.py").read_text()
    right = BETTER[name][1]
    official, _ = servers.run(name, script, tmp_path)
    printed, _ = servers.run(name, migrated(script), tmp_path)
    assert printed == right
    # If the official client reads it now, the table in MIGRATING.md must be corrected.
    assert official != right
