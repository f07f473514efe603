"""The examples of `docs/frameworks.md` run as written.

An environment has the frameworks that fit its versions of the official clients; it runs the examples of those.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from replies import CITY, call, chunks, completion, events, message

from scripted import ROOT, Scripts

#: The server's reply to each example, its output, and the module that it needs.
EXAMPLES: dict[str, tuple[Any, str, str]] = {
    "OpenAI": (chunks("Hel", "lo"), "Hello", "openai"),
    "Anthropic": (events("Hel", "lo"), "Hello", "anthropic"),
    "instructor": (completion(None, tool_calls=call("City", CITY)), "Paris 2100000\n", "instructor"),
    "LangChain": (chunks("Hel", "lo"), "Hello", "langchain_openai"),
    "LangChain with Anthropic": (events("Hel", "lo"), "Hello", "langchain_anthropic"),
    "Pydantic AI": (completion(), "Hello world\n", "pydantic_ai"),
    "Pydantic AI with Anthropic": (message(), "Hello world\n", "pydantic_ai"),
    "OpenAI Agents SDK": (completion(), "Hello world\n", "agents"),
    "LlamaIndex": (completion(), "Hello world\n", "llama_index.llms.openai"),
    "outlines": (completion(), "Hello world\n", "outlines"),
    "LiteLLM": (completion(), "Hello world\n", "litellm"),
    "LangSmith": (completion(), "Hello world\n", "langsmith"),
    "Braintrust": (completion(), "Hello world\n", "braintrust"),
}
TEXT = (ROOT / "docs/frameworks.md").read_text()
BLOCKS = dict(re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE))


def is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def test_every_example_is_known() -> None:
    assert list(BLOCKS) == list(EXAMPLES)
    assert TEXT.count("```python") == len(EXAMPLES)


@pytest.mark.parametrize("name", [name for name, (_, _, module) in EXAMPLES.items() if is_installed(module)])
def test_the_example_runs(scripts: Scripts, name: str, tmp_path: Path) -> None:
    reply, output, _ = EXAMPLES[name]
    kind = "messages" if "Anthropic" in name else "chat"
    script = scripts(reply, endpoint=kind)
    program = tmp_path / "example.py"
    program.write_text(BLOCKS[name])
    keys = {"OPENAI_API_KEY": "sk-1234567890", "ANTHROPIC_API_KEY": "sk-1234567890"}
    urls = {"OPENAI_BASE_URL": f"{script.url}/v1", "ANTHROPIC_BASE_URL": script.url}
    ended = subprocess.run(
        [sys.executable, str(program)],
        env={**os.environ, **keys, **urls},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.stdout == output, ended.stderr
    assert len(script.log()) == 1, json.dumps(script.log())
