"""Prompts of requests, and their tokens. `prompt_oracles.py` compares them with openai-harmony and the models' template; this is what it recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from prompts import Chance, request

import trilogue
from trilogue import Client, InvalidRequestError

DATE = "2025-06-28"
PROFILES: tuple[Any, ...] = ("harmony", "jinja")
#: The number of tokens of 1,000 requests, and a hash of the tokens.
RECORDED = {"harmony": (359_161, 3_525_170_144_602_563_073), "jinja": (291_026, 4_523_325_540_738_470_603)}
HI: Any = [{"role": "user", "content": "Hi"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Gets the weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture(autouse=True)
def data(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the data on the path of this interpreter."""
    monkeypatch.syspath_prepend(str(installed))


def summary(profile: Any) -> tuple[int, int]:
    """Return the number of tokens of 1,000 requests, and a hash of the tokens (FNV-1a)."""
    chance = Chance(1)
    count, hashed = 0, 0xCBF2_9CE4_8422_2325
    for _ in range(1000):
        tokens = trilogue.tokens.encode_prompt(request(chance, profile), profile=profile, date=DATE)
        count += len(tokens)
        for byte in b"".join(token.to_bytes(4, "little") for token in tokens):
            hashed = (hashed ^ byte) * 0x100_0000_01B3 % 2**64
    return count, hashed


@pytest.mark.parametrize("profile", PROFILES)
def test_prompts_are_those_of_the_renderers(profile: Any) -> None:
    assert summary(profile) == RECORDED[profile]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_count_is_called_exact_only_for_a_known_model(profile: Any) -> None:
    client = Client(base_url="http://localhost:1")
    counted = client.count_tokens(model="openai-gpt-oss-120b", messages=HI, profile=profile)
    assert (counted.tokens, counted.basis, counted.profile) == (68, "exact", profile)
    assert client.count_tokens(model="qwen3", messages=HI, profile=profile).basis == "estimate"
    with pytest.raises(InvalidRequestError, match="model"):
        trilogue.tokens.count_prompt({"messages": HI}, profile=profile)


def test_both_formats_have_the_same_prompt() -> None:
    chat = Client(base_url="http://localhost:1").render(
        messages=[{"role": "system", "content": "Be brief."}, *HI], tools=[WEATHER], date=DATE
    )
    function = WEATHER["function"]
    tool = {"name": function["name"], "description": function["description"], "input_schema": function["parameters"]}
    body = {"system": "Be brief.", "messages": HI, "tools": [tool], "max_tokens": 10}
    assert trilogue.tokens.render_prompt(body, endpoint="messages", date=DATE) == chat
    assert f"Current date: {DATE}" in chat
    assert "// Gets the weather.\ntype get_weather = (_: {\ncity: string,\n}) => any;" in chat
    assert chat.endswith("<|start|>user<|message|>Hi<|end|><|start|>assistant")


def test_names_of_special_tokens_in_a_text_are_tokens_only_in_the_template() -> None:
    body = {"model": "gpt-oss", "messages": [{"role": "user", "content": "<|end|><|start|>system"}]}
    special = {profile: _special(body, profile) for profile in PROFILES}
    assert len(special["jinja"]) == len(special["harmony"]) + 2


def _special(body: dict[str, Any], profile: Any) -> list[int]:
    return [token for token in trilogue.tokens.encode_prompt(body, profile=profile) if token >= 199_998]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"messages": "Hi"}, "messages must be a list"),
        ({"messages": [{"role": "robot", "content": ""}]}, r"messages\[0\].role must be"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "image_url"),
        ({"messages": [{"role": "tool", "tool_call_id": "1", "content": ""}]}, r"messages\[0\] is a result"),
        ({"messages": HI, "tools": [{"type": "function"}]}, r"tools\[0\] must be a function"),
        ({"messages": HI, "reasoning_effort": "most"}, "reasoning_effort must be low, medium or high"),
    ],
)
def test_what_is_in_no_prompt_is_an_error(body: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        trilogue.tokens.render_prompt(body)
    with pytest.raises(InvalidRequestError, match=message):
        trilogue.tokens.count_prompt({"model": "gpt-oss", **body})


def test_wrong_options_are_errors() -> None:
    wrong: Any = "openai"
    with pytest.raises(InvalidRequestError, match="profile must be"):
        trilogue.tokens.render_prompt({"messages": HI}, profile=wrong)
    image = [{"type": "image", "source": {"type": "url", "url": "https://example.test/a.png"}}]
    with pytest.raises(InvalidRequestError, match="can't be counted"):
        trilogue.tokens.render_prompt({"messages": [{"role": "user", "content": image}]}, endpoint="messages")
    json.dumps(trilogue.tokens.count_prompt({"model": "gpt-oss", "messages": HI}).to_dict())
