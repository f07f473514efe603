"""The examples of structured answers and tools, run as programs.

Law: the model is a script; what the program prints is compared.
"""

from __future__ import annotations

import os
import subprocess
import sys

from conftest import ROOT, Script, Scripts, chat_calls, chat_stream


def _said(script: Script, name: str, argument: str) -> str:
    environment = {**os.environ, "MODELSLAB_BASE_URL": script.url}
    command = [sys.executable, str(ROOT / "examples/python" / name), argument]
    ended = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60)
    return ended.stdout


def test_tools(scripts: Scripts) -> None:
    calls = [(city, "get_weather", f'{{"city": "{city}"}}') for city in ("Paris", "Atlantis")]
    script = scripts.chat(chat_calls(*calls), chat_stream("It is ", "18 degrees in Paris."))
    lines = _said(script, "tools.py", "Is it warmer in Paris or in Atlantis?").splitlines()
    assert sorted(lines[:2]) == [
        "get_weather({'city': 'Atlantis'}): LookupError: nothing is known of Atlantis",
        """get_weather({'city': 'Paris'}): {"degrees": 18, "unit": "celsius"}""",
    ]
    assert lines[2:] == ["It is 18 degrees in Paris."]


def test_structured(scripts: Scripts) -> None:
    script = scripts.chat(
        chat_stream('{"dish": "Bread", "minutes": 90, "ingred', 'ients": [{"name": "flour", "grams": 500}]}')
    )
    assert _said(script, "structured.py", "bread") == "- flour, 500 g\nBread: 90 minutes, 1 ingredients\n"
