"""Tests that `trilogue/snippets` returns the same snippets as Python, with the addon, with wasm and in Chromium.

Snippets for web pages also run in Chromium against the test server.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
from cases import CHAT, MESSAGES
from conftest import ANSWER, KEY, NODE, TARGETS, TIMEOUT, Server, environment

import trilogue

HERE = Path(__file__).parent
#: Errors for an invalid language, option and style, and for a request without messages.
ERRORS = [*["ConfigurationError"] * 3, "InvalidRequestError"]
#: A lone surrogate, and text that resembles its escape.
SURROGATE = {"model": "m", "messages": [{"role": "user", "content": "\ud83e \\ud83e \\\\udd80 \U0001f642"}]}


def ordered(value: Any) -> Any:
    """Return a value with the members of each object in the order of JavaScript: integer names first."""
    if isinstance(value, list):
        return [ordered(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    known = cast("dict[str, Any]", value)
    indices = sorted((name for name in known if name.isascii() and name.isdigit() and str(int(name)) == name), key=int)
    return {name: ordered(known[name]) for name in (*indices, *(name for name in known if name not in indices))}


def cases() -> list[dict[str, Any]]:
    """Return requests with their snippets. Numbers are excluded, because JavaScript formats them differently."""
    made: list[dict[str, Any]] = []
    for endpoint, requests in (("chat", {**CHAT, "surrogate": SURROGATE}), ("messages", MESSAGES)):
        for name, known in requests.items():
            if name == "exact":
                continue
            request = ordered({field: value for field, value in known.items() if field != "numbers"})
            for target in TARGETS:
                base = {"language": target.language, "style": target.style, "endpoint": endpoint, **target.options}
                options = {**base, "stream": len(made) % 2 == 0}
                own = {"base_url": "https://example.com/x", "key_variable": "K", "model_field": "model_id"}
                javascript = {
                    "baseURL": own["base_url"],
                    "keyVariable": own["key_variable"],
                    "modelField": own["model_field"],
                }
                code = trilogue.snippet(request, **cast("Any", {**options, **own}))
                made.append({"request": request, "options": {**options, **javascript}, "code": code})
    return made


def result_of(ended: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the JSON that a program printed."""
    assert ended.returncode == 0, ended.stderr
    result: dict[str, Any] = json.loads(ended.stdout)
    return result


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Node in the project with the package."""
    return subprocess.run(
        ["node", *command],
        cwd=NODE,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


@pytest.mark.parametrize("binding", ["native", "wasm"])
def test_node_returns_the_same_snippets(binding: str, tmp_path: Path) -> None:
    made = cases()
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(made))
    result = result_of(run(str(HERE / "same.mjs"), str(file), TRILOGUE_BINDING=binding))
    assert result["different"] == []
    assert result["same"] == len(made)
    assert result["refused"] == ERRORS


def test_snippets_in_pages(tmp_path: Path, server: Server) -> None:
    made = [case for case in cases() if len(case["code"]) < 100_000]
    pages: list[dict[str, str]] = []
    requests: list[Any] = []
    for endpoint, request in (("chat", CHAT["hostile"]), ("messages", MESSAGES["hostile"])):
        for style in ("client", "http"):
            for stream in (False, True):
                route = server.route(f"{endpoint}-stream" if stream else endpoint)
                options: Any = {"endpoint": endpoint, "style": style, "stream": stream, "page": True}
                options |= {"base_url": route.url, "key_variable": "MODELSLAB_API_KEY"}
                requests.append((route, {**request, "stream": True} if stream else request))
                pages.append({"code": trilogue.snippet(request, language="javascript", **options), "end": ANSWER[-9:]})
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": made, "pages": pages, "key": KEY}))
    script = [str(HERE / "page.mjs"), str(file), str(NODE)]
    result = result_of(run(*script, os.environ["TRILOGUE_CHROMIUM"], os.environ["TRILOGUE_PLAYWRIGHT"]))
    assert result["different"] == []
    assert result["same"] == len(made)
    assert result["refused"] == ERRORS
    assert result["shown"] == [ANSWER] * len(pages)
    for route, request in requests:
        sent_request = route.request()
        assert sent_request["json"] == request
        assert sent_request["headers"]["authorization"] == f"Bearer {KEY}"
