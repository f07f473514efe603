"""`trilogue/snippets` returns the same as Python's `snippet`: over the addon, over wasm and in Chromium. Snippets for pages run there."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
from cases import CHAT, MESSAGES
from conftest import ANSWER, KEY, LONG, NODE, TARGETS, Server, environment

import trilogue

HERE = Path(__file__).parent
#: A language, an option, a style, a request without messages.
REFUSED = [*["ConfigurationError"] * 3, "InvalidRequestError"]
#: Half of a character, and what looks like it.
HALF = {"model": "m", "messages": [{"role": "user", "content": "\ud83e \\ud83e \\\\udd80 \U0001f642"}]}


def ordered(value: Any) -> Any:
    """Return a value with the names of each object in the order that JavaScript gives them: places first."""
    if isinstance(value, list):
        return [ordered(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    known = cast("dict[str, Any]", value)
    places = sorted((name for name in known if name.isascii() and name.isdigit() and str(int(name)) == name), key=int)
    return {name: ordered(known[name]) for name in (*places, *(name for name in known if name not in places))}


def cases() -> list[dict[str, Any]]:
    """Return requests with their snippets. JavaScript's numbers are written in other ways."""
    made: list[dict[str, Any]] = []
    for endpoint, requests in (("chat", {**CHAT, "half": HALF}), ("messages", MESSAGES)):
        for name, known in requests.items():
            if name == "exact":
                continue
            request = ordered({field: value for field, value in known.items() if field != "numbers"})
            for target in TARGETS:
                given = {"language": target.language, "style": target.style, "endpoint": endpoint, **target.options}
                options = {**given, "stream": len(made) % 2 == 0}
                own = {"base_url": "https://example.com/x", "key_variable": "K", "model_field": "model_id"}
                javascript = {
                    "baseURL": own["base_url"],
                    "keyVariable": own["key_variable"],
                    "modelField": own["model_field"],
                }
                code = trilogue.snippet(request, **cast("Any", {**options, **own}))
                made.append({"request": request, "options": {**options, **javascript}, "code": code})
    return made


def told(ended: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return what a program printed."""
    assert ended.returncode == 0, ended.stderr
    result: dict[str, Any] = json.loads(ended.stdout)
    return result


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Node in the project."""
    return subprocess.run(
        ["node", *command],
        cwd=NODE,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )


@pytest.mark.parametrize("binding", ["native", "wasm"])
def test_node_makes_the_same(binding: str, tmp_path: Path) -> None:
    made = cases()
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(made))
    result = told(run(str(HERE / "same.mjs"), str(file), TRILOGUE_BINDING=binding))
    assert result["different"] == []
    assert result["same"] == len(made)
    assert result["refused"] == REFUSED


def test_pages(tmp_path: Path, server: Server) -> None:
    made = [case for case in cases() if len(case["code"]) < 100_000]
    pages: list[dict[str, str]] = []
    places: list[Any] = []
    for endpoint, request in (("chat", CHAT["hostile"]), ("messages", MESSAGES["hostile"])):
        for style in ("client", "http"):
            for stream in (False, True):
                place = server.place(f"{endpoint}-stream" if stream else endpoint)
                options: Any = {"endpoint": endpoint, "style": style, "stream": stream, "page": True}
                options |= {"base_url": place.url, "key_variable": "MODELSLAB_API_KEY"}
                places.append((place, {**request, "stream": True} if stream else request))
                pages.append({"code": trilogue.snippet(request, language="javascript", **options), "end": ANSWER[-9:]})
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": made, "pages": pages, "key": KEY}))
    script = [str(HERE / "page.mjs"), str(file), str(NODE)]
    result = told(run(*script, os.environ["TRILOGUE_CHROMIUM"], os.environ["TRILOGUE_PLAYWRIGHT"]))
    assert result["different"] == []
    assert result["same"] == len(made)
    assert result["refused"] == REFUSED
    assert result["shown"] == [ANSWER] * len(pages)
    for place, request in places:
        came = place.request()
        assert came["sent"] == request
        assert came["headers"]["authorization"] == f"Bearer {KEY}"
