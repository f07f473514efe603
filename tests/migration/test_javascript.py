"""JavaScript scripts for the official clients run with this package after changing only the import and the constructor.

Each script runs twice against the same answers, with the official package and with this one. The output must be equal, and so must the
meaning of the requests. The helpers of the official packages, such as `zodResponseFormat`, stay imported from them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from javascript_replies import JAVASCRIPT
from test_migration import FOLDER, Servers, comparable_requests
from test_migration import servers as servers

#: A folder with Node packages: this one, the official ones and zod.
PROJECT = Path(os.environ["TRILOGUE_MIGRATION_NODE"])
#: The import of a script's client.
IMPORT = re.compile(
    r'^import (?:OpenAI|Anthropic)(?P<names>, \{[^}]*\})? from "(?:openai|@anthropic-ai/sdk)";$', re.MULTILINE
)


def migrated(script: str) -> str:
    """Change the import and the constructor."""
    changed, count = IMPORT.subn(r'import Client\g<names> from "trilogue";', script)
    assert count == 1
    return re.sub(r"\b(?:OpenAI|Anthropic)\b(?=\.\w|\()", "Client", changed)


def comparable(requests: list[dict[str, Any]], *, is_run: bool) -> list[Any]:
    """Return the compared parts of requests.

    Members with the value "auto", a default, are ignored, and so are `stream` and `stream_options` in a run of tools, which always streams here.
    """
    ignored = {"stream", "stream_options"} if is_run else set()
    return [
        (
            path.removesuffix("?beta=true"),
            body and {name: value for name, value in body.items() if name not in ignored and value != "auto"},
            headers,
        )
        for path, body, headers in comparable_requests(requests)
    ]


def test_every_script_has_answers() -> None:
    scripts = {str(path.relative_to(FOLDER).with_suffix("")) for path in (FOLDER / "javascript").rglob("*.mjs")}
    assert scripts == set(JAVASCRIPT)


@pytest.mark.parametrize("name", JAVASCRIPT)
def test_a_script_behaves_the_same(name: str, servers: Servers) -> None:
    script = (FOLDER / f"{name}.mjs").read_text()
    folder = PROJECT / "scripts"
    folder.mkdir(exist_ok=True)
    official, theirs = servers.run(name, script, folder, "node", ".mjs")
    printed, ours = servers.run(name, migrated(script), folder, "node", ".mjs")
    assert official
    assert "    at " not in official
    assert printed == official
    is_run = "runTools" in script
    assert comparable(ours, is_run=is_run) == comparable(theirs, is_run=is_run)
