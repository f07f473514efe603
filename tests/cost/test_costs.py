"""Tests of costs: both formats, streams, truncated streams, totals and estimates."""

from __future__ import annotations

import asyncio
import copy
import pickle
from decimal import Decimal
from typing import Any

import pytest
from conftest import ASK, MODEL, chat, message, message_stream, stream, tokens

from scripted import Scripts
from trilogue import AsyncClient, Client, ConfigurationError, IncompleteStreamError, InvalidRequestError

MESSAGE: dict[str, Any] = {**ASK, "max_tokens": 100}
D = Decimal


def test_completion_has_a_cost(serve: Scripts) -> None:
    details = {"completion_tokens_details": {"reasoning_tokens": 400_000}}
    script = serve(chat(tokens(1_000_000, 1_000_000, **details)))
    client = Client(base_url=script.url)
    answer = client.chat.completions.create(**ASK)
    cost = answer.cost
    assert (cost.total, cost.input, cost.output, cost.reasoning) == (D("0.229"), D("0.039"), D("0.19"), D("0.076"))
    assert (cost.cache_read, cost.cache_write, cost.source, cost.reason) == (None, None, "catalog", None)
    assert answer.to_dict()["cost"]["total"] == "0.229"
    assert copy.deepcopy(answer).cost == cost
    assert pickle.loads(pickle.dumps(answer)).cost.total == D("0.229")  # noqa: S301
    assert client.spent.total == D("0.229")


def test_cached_tokens_have_their_own_prices(serve: Scripts) -> None:
    details = {"prompt_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 20}}
    script = serve(chat(tokens(100, 10, **details)))
    prices = {MODEL: {"input": 1, "output": "10", "cache_read": D("0.1"), "cache_write": 1.25}}
    cost = Client(base_url=script.url, prices=prices).chat.completions.create(**ASK).cost
    assert (cost.input, cost.cache_read, cost.cache_write) == (D("0.00005"), D("0.000003"), D("0.000025"))
    assert (cost.output, cost.total, cost.source) == (D("0.0001"), D("0.000178"), "prices")
    # Without cache prices, cached tokens cost as much as other input.
    cost = Client(base_url=script.url).chat.completions.create(**ASK).cost
    assert cost.total == D("0.039") / 10_000 + D("0.19") / 100_000


def test_cached_tokens_of_messages(serve: Scripts) -> None:
    usage = {"input_tokens": 50, "output_tokens": 10, "cache_read_input_tokens": 30, "cache_creation_input_tokens": 20}
    script = serve(message(usage), endpoint="messages")
    prices = {MODEL: {"input": 1, "output": "10", "cache_read": "0.1", "cache_write": "1.25"}}
    client = Client(base_url=script.url, prices=prices)
    assert client.messages.create(**MESSAGE).cost.total == D("0.000178")
    spent = client.spent
    assert (spent.input, spent.cache_read, spent.cache_write) == (D("0.00005"), D("0.000003"), D("0.000025"))


@pytest.mark.parametrize(
    ("cost", "total"),
    [(0.00014, "0.00014"), ("0.5", "0.5"), (2.345e-7, "0.0000002345"), (1, "1"), ({"total_cost": 0.25}, "0.25")],
)
def test_reported_cost_takes_precedence(serve: Scripts, cost: Any, total: str) -> None:
    script = serve(chat(tokens(10, 10, cost=cost)))
    answer = Client(base_url=script.url).chat.completions.create(**ASK)
    assert (answer.cost.total, answer.cost.source, answer.cost.input) == (D(total), "provider", None)


def test_reported_cost_next_to_usage_is_kept(serve: Scripts) -> None:
    script = serve(chat(tokens(10, 10), cost=0.25))
    cost = Client(base_url=script.url).chat.completions.create(**ASK).cost
    assert (cost.total, cost.source, cost.reported) == (D("0.25"), "provider", 0.25)


def test_unknown_cost_has_a_reason(serve: Scripts) -> None:
    script = serve(chat(tokens(10, 10), model="other"), chat(None), chat(tokens(10, 10), model=MODEL))
    client = Client(base_url=script.url)
    unpriced = client.chat.completions.create(**{**ASK, "model": "other"}).cost
    assert unpriced.total is None
    assert "the price of other is unknown" in str(unpriced.reason)
    without_usage = client.chat.completions.create(**ASK).cost
    assert without_usage.total is None
    assert "reported no usage" in str(without_usage.reason)
    # A routed request is charged at the price of the model that the response names.
    routed = client.chat.completions.create(**{**ASK, "model": "auto"}).cost
    assert routed.total == D("0.00000229")
    spent = client.spent
    assert (spent.calls, spent.unknown, spent.total) == (3, 2, D("0.00000229"))


def test_reasoning_tokens_only_in_total_tokens_are_charged(serve: Scripts) -> None:
    script = serve(chat({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115}))
    cost = Client(base_url=script.url).chat.completions.create(**ASK).cost
    assert cost.output == D("0.19") * 105 / 1_000_000


def test_stream_has_a_cost_at_its_end(serve: Scripts) -> None:
    script = serve(stream(3, tokens(1_000_000, 0)), stream(3))
    client = Client(base_url=script.url)
    answer = client.chat.completions.create(**ASK, stream=True).get_final_completion()
    assert answer.cost.total == D("0.039")
    with client.chat.completions.stream(**ASK) as events:
        assert "include_usage" in str(events.get_final_completion().cost.reason)
    assert (client.spent.calls, client.spent.unknown, client.spent.total) == (2, 1, D("0.039"))


def test_messages_stream_has_a_cost(serve: Scripts) -> None:
    script = serve(message_stream(1000, {"input_tokens": 1_000_000, "output_tokens": 1}), endpoint="messages")
    client = Client(base_url=script.url)
    with client.messages.stream(**MESSAGE) as events:
        assert events.get_final_message().cost.total == D("0.03919")
    assert client.spent.total == D("0.03919")


def test_truncated_stream_costs_the_received_tokens(serve: Scripts) -> None:
    script = serve(
        message_stream(3, {"input_tokens": 1_000_000, "output_tokens": 1}, end="truncated"), endpoint="messages"
    )
    client = Client(base_url=script.url)
    with pytest.raises(IncompleteStreamError) as caught:
        client.messages.create(**MESSAGE, stream=True).until_done()
    assert caught.value.partial is not None
    assert caught.value.partial.cost.total == D("0.03900019")
    assert client.spent.total == D("0.03900019")


def test_snapshots_have_a_cost(serve: Scripts) -> None:
    script = serve(message_stream(3, {"input_tokens": 10, "output_tokens": 1}), endpoint="messages")
    opened = Client(base_url=script.url).messages.create(**MESSAGE, stream=True)
    next(opened)
    snapshot = opened.current_message_snapshot
    assert snapshot is not None
    assert snapshot.cost.input == D("0.00000039")


def test_totals_are_per_client(serve: Scripts) -> None:
    script = serve(chat(tokens(1000, 1000)), stream(3, tokens(1000, 1000)), chat(tokens(1000, 1000)))
    client = Client(base_url=script.url)
    client.chat.completions.create(**ASK)
    client.chat.completions.create(**ASK, stream=True).until_done()
    asyncio.run(AsyncClient(base_url=script.url).chat.completions.create(**ASK))
    assert (client.spent.total, client.spent.calls, client.spent.budget) == (D("0.000458"), 2, None)
    assert Client(base_url=script.url).spent.total == 0


def test_estimate_is_an_upper_bound_and_sends_nothing(serve: Scripts) -> None:
    script = serve(chat(tokens(10, 10)))
    client = Client(base_url=script.url)
    estimate = client.chat.completions.estimate(**ASK, max_tokens=1000)
    assert (estimate.output_tokens, estimate.output, estimate.basis) == (1000, D("0.00019"), "bytes")
    assert estimate.input == D("0.039") * estimate.input_tokens / 1_000_000
    assert estimate.total == estimate.input + D("0.00019")
    longer = client.chat.completions.estimate(**{**ASK, "messages": [{"role": "user", "content": "é" * 1000}]}, n=3)
    assert longer.input_tokens - estimate.input_tokens > 1900
    # The output limit of the model applies to each choice.
    assert longer.output_tokens == 3 * 131_072
    image = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.test/a.png"}}]}
    assert client.chat.completions.estimate(**{**ASK, "messages": [image]}).input_tokens > 10_000
    unknown = client.messages.estimate(**{**MESSAGE, "model": "other"})
    assert (unknown.total, unknown.output_tokens) == (None, 100)
    assert "the price of other is unknown" in str(unknown.reason)
    unbound = Client(base_url=script.url, prices={"other": {"input": 1, "output": 1}})
    assert "max_tokens" in str(unbound.chat.completions.estimate(**{**ASK, "model": "other"}).reason)
    assert script.log() == []
    with pytest.raises(InvalidRequestError):
        client.chat.completions.estimate(model=MODEL, messages=[])


def test_invalid_prices_are_rejected_with_a_reason() -> None:
    url = "http://127.0.0.1:9"
    for prices, reason in [
        ({"m": {"input": "1"}}, "output is missing"),
        ({"m": {"input": "1", "output": "-1"}}, "output is"),
        ({"m": {"input": "1", "output": "1", "cached": "1"}}, 'there is no price "cached"'),
        ({"m": {"input": "0.0000000000001", "output": "1"}}, "12 decimals"),
    ]:
        with pytest.raises(ConfigurationError, match=reason):
            Client(base_url=url, prices=prices)
