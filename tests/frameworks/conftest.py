"""Fixtures of the framework tests: scripted servers, and clients that use them.

Rule: the frameworks' code is unchanged. Each test passes a client of `trilogue.openai` or `trilogue.anthropic` where the framework's documentation
passes the official one, and checks that the core sent every request.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from scripted import Script, Scripts
from trilogue._sender import BlockingSender, Sender

#: No framework may send telemetry.
os.environ.update(
    LANGSMITH_TRACING="false",
    OPENAI_AGENTS_DISABLE_TRACING="1",
    LITELLM_LOCAL_MODEL_COST_MAP="True",
    DO_NOT_TRACK="1",
)
KEY = "sk-secret-0123456789"


class City(BaseModel):
    """A city."""

    name: str
    population: int


@pytest.fixture
def scripts(tmp_path: Path) -> Iterator[Scripts]:
    """Start servers for one test."""
    running = Scripts(tmp_path)
    yield running
    running.end()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the endpoints of the requests that the core sends."""
    endpoints: list[str] = []
    for kind in (Sender, BlockingSender):
        for name in ("call", "stream"):
            _record(monkeypatch, kind, name, endpoints)
    return endpoints


def _record(monkeypatch: pytest.MonkeyPatch, kind: Any, name: str, endpoints: list[str]) -> None:
    if name not in vars(kind):
        return
    original = vars(kind)[name]

    async def recorded(sender: Any, endpoint: str, request: Any) -> Any:
        endpoints.append(endpoint)
        return await original(sender, endpoint, request)

    monkeypatch.setattr(kind, name, recorded)


def openai_client(script: Script, **options: Any) -> Any:
    """Return a client of `trilogue.openai` for a script."""
    from trilogue.openai import OpenAI

    return OpenAI(base_url=f"{script.url}/v1", **{"api_key": KEY, "max_retries": 0, **options})


def async_openai_client(script: Script, **options: Any) -> Any:
    """Return an asynchronous client of `trilogue.openai` for a script."""
    from trilogue.openai import AsyncOpenAI

    return AsyncOpenAI(base_url=f"{script.url}/v1", **{"api_key": KEY, "max_retries": 0, **options})


def anthropic_client(script: Script, **options: Any) -> Any:
    """Return a client of `trilogue.anthropic` for a script."""
    from trilogue.anthropic import Anthropic

    return Anthropic(base_url=script.url, **{"api_key": KEY, "max_retries": 0, **options})


def async_anthropic_client(script: Script, **options: Any) -> Any:
    """Return an asynchronous client of `trilogue.anthropic` for a script."""
    from trilogue.anthropic import AsyncAnthropic

    return AsyncAnthropic(base_url=script.url, **{"api_key": KEY, "max_retries": 0, **options})
