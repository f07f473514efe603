"""Requests for prompts: conversations and tools at random, the same for every seed on every version of Python."""

from __future__ import annotations

import json
from typing import Any

WORDS = (
    *("weather", "Oslo", " the", "\n", "  ", "日本語", "é", "'s", "<|end|>", "<|start|>", '"q"'),
    *("\\", '{"a": 1}', "Привет", "🙂", "1234", "//", "\t", "a\nb", "null", "—"),
)
#: The kinds of schemas; those after `enum` contain others.
KINDS = ("string", "number", "integer", "boolean", "enum", "array", "object", "oneOf", "types", "any", "anyOf")
EFFORTS = ("low", "medium", "high")


class Chance:
    """A generator of numbers."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, limit: int) -> int:
        """Return a number below the limit."""
        self._state = (self._state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        return (self._state >> 33) % limit

    def percent(self, share: int) -> bool:
        """Return whether something happens."""
        return self.below(100) < share

    def one(self, choices: Any) -> Any:
        """Return one of them."""
        return choices[self.below(len(choices))]

    def text(self, most: int = 6) -> str:
        """Return a text of at most so many words."""
        return "".join(self.one(WORDS) + " " * self.below(2) for _ in range(1 + self.below(most)))


def request(chance: Chance, profile: str) -> dict[str, Any]:
    """Return a request that the profile can render."""
    is_template = profile == "jinja"
    made: dict[str, Any] = {"model": "openai-gpt-oss-120b"}
    if chance.percent(40):
        made["reasoning_effort"] = chance.one(EFFORTS)
    messages: list[dict[str, Any]] = []
    if chance.percent(50):
        messages.append({"role": chance.one(("system", "developer")), "content": _content(chance)})
    functions = [_function(chance, number) for number in range(chance.below(4))]
    if functions:
        made["tools"] = [{"type": "function", "function": function} for function in functions]
    calls = 0
    for _ in range(1 + chance.below(6)):
        message = {"role": "user", "content": _content(chance)}
        if not is_template and chance.percent(10):
            message["name"] = "bob"
        messages.append(message)
        if not is_template and chance.percent(10):
            messages.append({"role": chance.one(("system", "developer")), "content": chance.text()})
        while functions and chance.percent(40):
            # The template renders only the first call, and either reasoning or a content.
            count = 1 if is_template else 1 + chance.below(2)
            messages += _step(chance, functions, calls, count, is_template=is_template)
            calls += count
        if chance.percent(70):
            answer = {"role": "assistant", "content": _content(chance)}
            if chance.percent(40):
                answer["reasoning"] = chance.text()
            messages.append(answer)
    return {**made, "messages": messages}


def _step(
    chance: Chance, functions: list[dict[str, Any]], first: int, count: int, *, is_template: bool
) -> list[dict[str, Any]]:
    """Return a message with calls, and their results."""
    calls = [
        {
            "id": f"call_{first + number}",
            "type": "function",
            "function": {"name": chance.one(functions)["name"], "arguments": json.dumps({"x": chance.text(2)})},
        }
        for number in range(count)
    ]
    message: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": calls}
    if chance.percent(50):
        message["reasoning"] = chance.text()
    if chance.percent(30) and not (is_template and "reasoning" in message):
        message["content"] = _content(chance)
    results = [{"role": "tool", "tool_call_id": call["id"], "content": _content(chance)} for call in calls]
    return [message, *results]


def _content(chance: Chance) -> Any:
    if chance.percent(80):
        return chance.text()
    return [{"type": "text", "text": chance.text(3)} for _ in range(1 + chance.below(3))]


def _function(chance: Chance, number: int) -> dict[str, Any]:
    function: dict[str, Any] = {"name": f"f{number}"}
    if chance.percent(80):
        function["description"] = chance.text(4)
    if chance.percent(85):
        function["parameters"] = _object(chance, 0)
    return function


def _object(chance: Chance, depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object"}
    if chance.percent(90):
        names = [f"{chance.one(('city', 'unit', 'a_b', '日', 'x'))}{number}" for number in range(chance.below(5))]
        made["properties"] = {name: _schema(chance, depth) for name in names}
        if chance.percent(60):
            made["required"] = [name for name in names if chance.percent(50)]
    if chance.percent(20):
        made["description"] = "Object."
    return made


def _schema(chance: Chance, depth: int) -> dict[str, Any]:
    made = _kind(chance, chance.one(KINDS if depth < 3 else KINDS[:5]), depth)
    if chance.percent(40):
        made["description"] = "Same." if chance.percent(50) else chance.text(3).replace("\n", " ")
    if chance.percent(10):
        made["title"] = "Title"
    if chance.percent(10):
        made["nullable"] = chance.percent(80)
    if chance.percent(10):
        made["examples"] = ["x", "y", 3]
    return made


def _kind(chance: Chance, kind: str, depth: int) -> dict[str, Any]:
    with_default = chance.percent(30)
    if kind in ("string", "number", "integer", "boolean"):
        defaults: dict[str, Any] = {"string": chance.text(2), "number": 1.5, "integer": -3, "boolean": True}
        return {"type": kind, **({"default": defaults[kind]} if with_default else {})}
    if kind == "enum":
        values = [chance.one("abcdef") for _ in range(1 + chance.below(3))]
        return {"type": "string", "enum": values, **({"default": values[0]} if with_default else {})}
    if kind == "array":
        items = {"items": _schema(chance, depth + 1)} if chance.percent(80) else {}
        return {"type": "array", **items, **({"default": [1, "x"]} if with_default else {})}
    if kind == "object":
        return _object(chance, depth + 1)
    if kind == "oneOf":
        variants = [_schema(chance, depth + 1) for _ in range(1 + chance.below(3))]
        outer = {"type": "object"} if chance.percent(30) else {}
        return {"oneOf": variants, **outer, **({"default": "x"} if with_default else {})}
    if kind == "types":
        types = ["string", "null", "integer", "number"]
        return {"type": types[chance.below(3) :]}
    return {"anyOf": [{"type": "string"}, {"type": "null"}]} if kind == "anyOf" else {}
