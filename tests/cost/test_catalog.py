"""Tests of the built-in catalogue, and of the behaviour of any catalogue."""

from __future__ import annotations

import json
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import ASK, MODEL, ROOT, chat, tokens

import trilogue
from scripted import Scripts
from trilogue import Catalog, Client, ConfigurationError

CASES: dict[str, Any] = json.loads((ROOT / "tests/cost/catalog.json").read_text())


def test_cost_matches_the_product_page() -> None:
    model = trilogue.catalog[MODEL]
    cost = model.cost(input_tokens=1_000_000, output_tokens=1_000_000)
    assert cost == Decimal("0.229")
    assert str(cost) == "0.229"
    assert model.prices is not None
    assert (model.prices.input, model.prices.output) == (Decimal("0.039"), Decimal("0.19"))


def test_model_matches_the_product_page() -> None:
    model = trilogue.catalog[MODEL]
    assert (model.name, model.path) == ("OpenAI: gpt-oss-120b", ["together_ai", "open_router", "openai"])
    assert (model.weights, model.context_window, model.added) == ("open", 131_072, "2026-02-20")
    assert model.endpoints == ["chat", "messages"]
    parameters = model.to_dict()["parameters"]
    defaults = {name: about["default"] for name, about in parameters.items() if "default" in about}
    assert defaults == {
        "temperature": 0.7,
        "max_tokens": 1000,
        "top_p": 0.9,
        "frequency_penalty": 0,
        "presence_penalty": 0,
    }
    assert (parameters["temperature"]["min"], parameters["temperature"]["max"]) == (0, 2)
    assert len(model.prompts) == 4
    noted = {note["field"] for note in model.notes}
    assert {"weights", "prices", "prices.output", "auth"} <= noted


def test_catalog_has_all_models_and_only_published_prices() -> None:
    assert len(trilogue.catalog) == 19
    assert trilogue.catalog.date == "2026-11-24"
    for name in trilogue.catalog:
        model = trilogue.catalog[name]
        assert model.id == name
        assert model.name
        assert model.path
        assert (model.prices is None) == (name != MODEL)
        assert (model.cost(input_tokens=1) is None) == (name != MODEL)


def test_lookup() -> None:
    assert MODEL in trilogue.catalog
    assert "gpt" not in trilogue.catalog
    assert trilogue.catalog.get("gpt") is None
    with pytest.raises(KeyError, match="did you mean 'openai-gpt-oss-120b'"):
        trilogue.catalog["openai-gpt-oss-120"]
    assert [model.id for model in trilogue.catalog.search("minimax together")] == [
        "MiniMaxAI-MiniMax-M2.5-FP4",
        "MiniMaxAI-MiniMax-M2.7",
    ]
    assert trilogue.catalog.related("xiaomi-mimo-v2-pro")[0].id == "xiaomi-mimo-v2-omni"
    assert trilogue.catalog.related(MODEL)[0].name.startswith("OpenAI")


def test_shared_cases() -> None:
    catalog = Catalog(CASES["models"])
    for query, ids in CASES["search"].items():
        assert [model.id for model in catalog.search(query)] == ids, query
    for name, ids in CASES["related"].items():
        assert [model.id for model in catalog.related(name)] == ids, name
    for case in CASES["merge"]:
        merged = catalog.merge(case["others"])
        data = merged[case["id"]].to_dict()
        assert {name: data.get(name) for name in case["merged"]} == case["merged"]
    assert catalog == Catalog(CASES["models"])
    for models in CASES["refused"]:
        with pytest.raises(ConfigurationError):
            Catalog(models)
    for case in CASES["costs"]:
        model = Catalog([{"id": "x", "prices": case["prices"]}])["x"]
        assert str(f"{model.cost(**case['tokens']):f}") == case["total"]


def test_invalid_token_counts_are_rejected() -> None:
    with pytest.raises(trilogue.InvalidRequestError, match="input_tokens"):
        trilogue.catalog[MODEL].cost(input_tokens=-1)
    with pytest.raises(trilogue.InvalidRequestError, match="output_tokens"):
        trilogue.catalog[MODEL].cost(output_tokens=1.5)  # type: ignore[arg-type]


def test_serialization(tmp_path: Path) -> None:
    path = tmp_path / "models.json"
    path.write_text(trilogue.catalog.to_json())
    assert Catalog(path) == trilogue.catalog
    assert Catalog(trilogue.catalog.to_dict()) == trilogue.catalog
    assert pickle.loads(pickle.dumps(trilogue.catalog)) == trilogue.catalog  # noqa: S301
    assert repr(trilogue.catalog) == "<Catalog of 19 models, 2026-11-24>"


def test_merge_with_the_models_of_an_endpoint(serve: Scripts) -> None:
    listed = {
        "object": "list",
        "data": [
            {"id": MODEL, "object": "model", "created": 7, "owned_by": "x"},
            {"id": "new", "object": "model", "created": 8, "owned_by": "y", "pricing": {"input": 1, "output": 2}},
        ],
    }
    script = serve({"headers": {"content-type": "application/json"}, "body": [json.dumps(listed)]}, endpoint="models")
    client = Client(base_url=script.url)
    merged = trilogue.catalog.merge(client.models.list())
    assert (len(merged), len(trilogue.catalog)) == (20, 19)
    assert merged[MODEL].name == "OpenAI: gpt-oss-120b"
    assert merged[MODEL].owned_by == "x"  # type: ignore[attr-defined]
    assert merged["new"].cost(input_tokens=1_000_000, output_tokens=1_000_000) == 3


def test_client_with_a_custom_catalog(serve: Scripts, tmp_path: Path) -> None:
    script = serve(chat(tokens(1_000_000, 0)))
    custom = trilogue.catalog.merge([{"id": MODEL, "prices": {"input": Decimal("0.05"), "output": "0.19"}}])
    path = tmp_path / "models.json"
    path.write_text(custom.to_json())
    for given in (custom, path, str(path), custom.to_dict()):
        answer = Client(base_url=script.url, catalog=given).chat.completions.create(**ASK)
        assert (answer.cost.total, answer.cost.source) == (Decimal("0.05"), "catalog")
    empty = Client(base_url=script.url, catalog={"models": []}).chat.completions.create(**ASK)
    assert empty.cost.total is None
    with pytest.raises(ConfigurationError, match="id"):
        Client(base_url=script.url, catalog={"models": [{"name": "x"}]})
