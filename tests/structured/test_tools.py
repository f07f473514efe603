"""Functions as tools: names, descriptions and parameters.

Uses the installed package.
"""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from conftest import ASK, weather

from trilogue import Client, Tool, tool


def test_a_function_is_a_tool() -> None:
    assert isinstance(weather, Tool)
    assert weather.name == "weather"
    assert weather.description == "Return the weather of a city."
    assert weather.parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "Where, with its country."},
            "days": {"type": "integer", "description": "How far ahead, in days.", "default": 1},
            "unit": {"type": "string", "description": "`C` or `F`", "default": "C"},
        },
        "required": ["city"],
        "additionalProperties": False,
    }
    assert weather("Paris", days=2) == {"city": "Paris", "days": 2, "unit": "C"}


def _numpy(city: str, days: int) -> None:
    """Describe.

    Parameters
    ----------
    city : str
        Where.
    days : int, optional
        How far
        ahead.

    Returns
    -------
    None

    """


def _rest(city: str, days: int) -> None:
    """Describe.

    :param str city: Where.
    :param days: How far
        ahead.
    :return: Nothing.
    """


@pytest.mark.parametrize("function", [_numpy, _rest])
def test_docstrings_of_other_styles(function: Any) -> None:
    made = Tool(function)
    assert made.description == "Describe."
    described = {name: schema["description"] for name, schema in made.parameters["properties"].items()}
    assert described == {"city": "Where.", "days": "How far ahead."}


def test_a_tool_is_named_by_choice_and_may_be_a_method() -> None:
    class Shop:
        def __init__(self, stock: int) -> None:
            self.stock = stock

        @tool(name="count", description="Count.", strict=True)
        def counted(self, of: str, /, until: datetime.date | None = None) -> str:
            return f"{self.stock} {of} {until}"

    bound: Any = Shop(3).counted
    assert (bound.name, bound.description, list(bound.parameters["properties"])) == ("count", "Count.", ["of", "until"])
    assert bound.definition()["strict"] is True
    assert bound("a") == "3 a None"
    assert bound.bound({"of": "b", "until": "2024-01-02"})() == "3 b 2024-01-02"


def test_invalid_tools_are_refused() -> None:
    def any_number(*numbers: int) -> None: ...

    with pytest.raises(TypeError, match="needs a name"):
        _ = Tool(any_number).parameters
    chat = Client(base_url="http://127.0.0.1:9").chat.completions
    with pytest.raises(TypeError, match="is not a tool"):
        chat.run_tools(**ASK, tools=[3])  # type: ignore[list-item]
