"""The examples of structured answers and tools, run as programs.

The model is a script; the output of the program is compared.
"""

from __future__ import annotations

import os
import subprocess
import sys

from conftest import ROOT, chat_calls, chat_stream

from scripted import Script, Scripts


def _said(script: Script, name: str, argument: str) -> str:
    environment = {**os.environ, "MODELSLAB_BASE_URL": script.url}
    program = [sys.executable, str(ROOT / "examples/python" / name)]
    if not name.endswith(".py"):
        program = [str(ROOT / "target/debug" / f"trilogue-example-{name}")]
    command = [*program, argument]
    ended = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60)
    return ended.stdout


def test_tools(scripts: Scripts) -> None:
    calls = [(city, "get_weather", f'{{"city": "{city}"}}') for city in ("Paris", "Atlantis")]
    script = scripts.chat(chat_calls(*calls), chat_stream("It is ", "18 degrees in Paris."))
    lines = _said(script, "tools.py", "Is it warmer in Paris or in Atlantis?").splitlines()
    assert sorted(lines[:2]) == [
        "get_weather({'city': 'Atlantis'}): LookupError: the weather in Atlantis is unknown",
        """get_weather({'city': 'Paris'}): {"degrees": 18, "unit": "celsius"}""",
    ]
    assert lines[2:] == ["It is 18 degrees in Paris."]


def test_structured(scripts: Scripts) -> None:
    script = scripts.chat(
        chat_stream('{"dish": "Bread", "minutes": 90, "ingred', 'ients": [{"name": "flour", "grams": 500}]}')
    )
    assert _said(script, "structured.py", "bread") == "- flour, 500 g\nBread: 90 minutes, 1 ingredients\n"


def test_tools_in_rust(scripts: Scripts) -> None:
    calls = [(city, "weather", f'{{"city": "{city}"}}') for city in ("Paris", "Rome")]
    script = scripts.chat(chat_calls(*calls), chat_stream("It is warmer ", "in Rome."))
    assert _said(script, "tools", "Where is it warmer?") == "It is warmer in Rome.\n"
    answers = [message["content"] for message in script.bodies()[1]["messages"] if message["role"] == "tool"]
    assert answers == ['{"city":"Paris","degrees":21}', '{"city":"Rome","degrees":27}']


def test_structured_in_rust(scripts: Scripts) -> None:
    script = scripts.chat(chat_stream('{"name": "Soup", "steps": ["Boil", "Ea', 't"], "minutes": 20}'))
    assert _said(script, "structured", "soup") == "- Boil\n- Eat\nSoup: 2 steps, 20 minutes\n"
