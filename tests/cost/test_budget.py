"""Tests of budgets: reservations, stopped streams and released reservations."""

from __future__ import annotations

import asyncio
import gc
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from conftest import ASK, MODEL, chat, message_stream, stream, tokens

from scripted import Scripts
from trilogue import (
    AsyncClient,
    BudgetExceededError,
    Client,
    ConfigurationError,
    InternalServerError,
    InvalidRequestError,
)

D = Decimal
MESSAGE: dict[str, Any] = {**ASK, "max_tokens": 100}


def remaining(client: Any) -> Decimal:
    """Wait until no reservation is pending, and return the remaining budget of a client."""
    for _ in range(500):
        if client.spent.budget.reserved == 0:
            break
        time.sleep(0.01)
    assert client.spent.budget.reserved == 0
    amount: Decimal = client.spent.budget.left
    return amount


@pytest.mark.parametrize("budget", ["0.001", 0.001, D("0.001")])
def test_stream_that_would_exceed_the_budget_is_stopped(serve: Scripts, budget: Any) -> None:
    script = serve(stream(20_000, delay_ms=0, end="stall"))
    client = Client(base_url=script.url)
    opened = client.chat.completions.create(**ASK, stream=True, budget=budget)
    with pytest.raises(BudgetExceededError) as caught:
        opened.until_done()
    error = caught.value
    assert error.partial is not None
    words = error.partial.choices[0].message.content.split()
    # Each word is one token. The bounds follow from the price of the prompt and the words.
    assert 2500 < len(words) < 0.001 / 0.19e-6
    assert not error.retryable
    assert "$0.000" in str(error)
    assert script.outcome(0) == "closed"


def test_client_budget(serve: Scripts) -> None:
    script = serve(stream(20_000, end="stall"))
    client = Client(base_url=script.url, budget="0.001")
    with pytest.raises(BudgetExceededError), client.chat.completions.stream(**ASK) as events:
        events.until_done()
    assert script.outcome(0) == "closed"
    # The received text is charged although the server did not report usage.
    assert D("0.0005") < client.spent.budget.spent <= D("0.001")
    with pytest.raises(BudgetExceededError):
        client.chat.completions.create(**ASK, max_tokens=10_000)
    assert len(script.log()) == 1


def test_messages_stream_is_stopped(serve: Scripts) -> None:
    script = serve(message_stream(20_000, {"input_tokens": 10, "output_tokens": 1}, end="stall"), endpoint="messages")
    client = Client(base_url=script.url)
    with pytest.raises(BudgetExceededError) as caught:
        client.messages.create(**MESSAGE, stream=True, budget="0.0001").until_done()
    assert caught.value.partial is not None
    assert 100 < len(caught.value.partial.text.split()) < 1000
    assert script.outcome(0) == "closed"


def test_reported_cost_takes_precedence(serve: Scripts) -> None:
    script = serve(stream(10, tokens(10, 10, cost=0.0011), end="stall"))
    client = Client(base_url=script.url)
    with pytest.raises(BudgetExceededError) as caught:
        client.chat.completions.create(**ASK, stream=True, budget="0.001", max_tokens=1000).until_done()
    assert caught.value.partial is not None
    assert caught.value.partial.cost.total == D("0.0011")
    assert script.outcome(0) == "closed"


def test_stream_within_max_tokens_is_not_stopped(serve: Scripts) -> None:
    # Each long word is one token, and the budget is exactly their maximum cost.
    script = serve(stream(1000, tokens(10, 1000), text="lessons "))
    client = Client(base_url=script.url)
    budget = client.chat.completions.estimate(**ASK, max_tokens=1000, stream=True, stream_options={}).total
    answer = client.chat.completions.create(**ASK, stream=True, max_tokens=1000, budget=budget, stream_options={})
    assert answer.get_final_completion().usage.completion_tokens == 1000


def test_stream_beyond_max_tokens_is_stopped(serve: Scripts) -> None:
    script = serve(stream(20_000, text="unbelievable ", end="stall"))
    client = Client(base_url=script.url)
    with pytest.raises(BudgetExceededError):
        client.chat.completions.create(**ASK, stream=True, max_tokens=1000, budget="0.0003").until_done()
    assert script.outcome(0) == "closed"


def test_request_that_exceeds_the_budget_is_not_sent(serve: Scripts) -> None:
    script = serve(chat(tokens(10, 10)))
    client = Client(base_url=script.url)
    with pytest.raises(BudgetExceededError, match="lower max_tokens") as caught:
        client.chat.completions.create(**ASK, max_tokens=10_000, budget="0.001")
    assert caught.value.partial is None
    with pytest.raises(BudgetExceededError):
        # The output limit of the model applies.
        client.chat.completions.create(**ASK, budget="0.001")
    with pytest.raises(BudgetExceededError):
        # An explicit max_tokens is not reduced.
        client.chat.completions.create(**ASK, max_tokens=10_000, stream=True, budget="0.001")
    with pytest.raises(BudgetExceededError):
        client.chat.completions.create(**ASK, max_tokens=1000, n=10, budget="0.001")
    long = {**ASK, "messages": [{"role": "user", "content": "x" * 100_000}]}
    with pytest.raises(BudgetExceededError):
        # The prompt alone exceeds the budget.
        client.chat.completions.create(**long, stream=True, budget="0.001")
    assert script.log() == []
    assert client.chat.completions.create(**ASK, max_tokens=1000, budget="0.001").cost.total == D("0.00000229")


def test_request_of_unknown_cost_is_rejected(serve: Scripts) -> None:
    script = serve(chat(tokens(10, 10)))
    client = Client(base_url=script.url, prices={"unbound": {"input": 1, "output": 1}}, budget=1)
    with pytest.raises(InvalidRequestError, match="the price of other is unknown"):
        client.chat.completions.create(**{**ASK, "model": "other"})
    with pytest.raises(InvalidRequestError, match="set max_tokens"):
        client.chat.completions.create(**{**ASK, "model": "unbound"})
    assert script.log() == []
    client.chat.completions.create(**{**ASK, "model": "unbound"}, max_tokens=10)


def test_streams_request_usage(serve: Scripts) -> None:
    script = serve(stream(3, tokens(10, 3)))
    client = Client(base_url=script.url, budget="0.1")
    client.chat.completions.create(**ASK, stream=True).until_done()
    client.chat.completions.create(**ASK, stream=True, stream_options={"include_usage": False}).until_done()
    options = [entry["body"].get("stream_options") for entry in script.log()]
    assert options == [{"include_usage": True}, {"include_usage": False}]
    assert remaining(client) == D("0.1") - 2 * (D("0.039") * 10 + D("0.19") * 3) / 1_000_000


def test_unused_reservation_is_released(serve: Scripts) -> None:
    script = serve(chat(tokens(10, 10)), {"status": 500, "body": ["{}"]}, chat(tokens(10, 10)))
    client = Client(base_url=script.url, budget="0.001", max_retries=0)
    client.chat.completions.create(**ASK, max_tokens=4000)
    assert remaining(client) == D("0.001") - D("0.00000229")
    with pytest.raises(InternalServerError):
        client.chat.completions.create(**ASK, max_tokens=4000)
    assert remaining(client) == D("0.001") - D("0.00000229")
    client.chat.completions.create(**ASK, max_tokens=4000)
    assert client.spent.budget.spent == D("0.00000458")


def test_retry_reserves_once(serve: Scripts) -> None:
    script = serve({"status": 500, "headers": {"retry-after-ms": "1"}, "body": ["{}"]}, chat(tokens(10, 10)))
    client = Client(base_url=script.url, budget="0.001")
    client.chat.completions.create(**ASK, max_tokens=4000)
    assert len(script.log()) == 2
    assert remaining(client) == D("0.001") - D("0.00000229")


def test_abandoned_stream_releases_its_reservation(serve: Scripts) -> None:
    script = serve(stream(10, end="stall"))
    client = Client(base_url=script.url, budget="0.001")
    for method in ("close", "with", "drop"):
        opened = client.chat.completions.create(**ASK, stream=True)
        next(opened)
        assert client.spent.budget.left == 0
        if method == "close":
            opened.close()
        elif method == "with":
            with opened:
                pass
        else:
            del opened
            gc.collect()
        # The reservation is released immediately.
        assert client.spent.budget.reserved == 0
        assert client.spent.budget.left > D("0.0009")


def test_cancelled_call_releases_its_reservation(serve: Scripts) -> None:
    script = serve(chat(tokens(10, 10), delay_ms=30_000))
    client = AsyncClient(base_url=script.url, budget="0.001")

    async def cancel() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.chat.completions.create(**ASK, max_tokens=1000), 0.2)

    asyncio.run(cancel())
    assert remaining(client) == D("0.001")


@pytest.mark.parametrize("streamed", [False, True])
def test_concurrent_calls_do_not_exceed_a_shared_budget(serve: Scripts, *, streamed: bool) -> None:
    usage = tokens(100, 1000)
    script = serve(stream(3, usage) if streamed else chat(usage, delay_ms=20))
    client = Client(base_url=script.url, budget="0.002")

    def call(_: int) -> bool:
        budget = client.spent.budget
        assert budget is not None
        assert budget.spent + budget.reserved <= D("0.002")
        try:
            if streamed:
                client.chat.completions.create(**ASK, max_tokens=1000, stream=True).until_done()
            else:
                client.chat.completions.create(**ASK, max_tokens=1000)
        except BudgetExceededError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        answered = sum(pool.map(call, range(64)))
    each = (D("0.039") * 100 + D("0.19") * 1000) / 1_000_000
    assert 5 <= answered <= 0.002 / 0.000194
    assert len(script.log()) == answered
    assert remaining(client) == D("0.002") - answered * each


def test_invalid_budgets_are_rejected() -> None:
    url = "http://127.0.0.1:9"
    for budget in ("much", "-1", -1, True, "1e99"):
        with pytest.raises(ConfigurationError, match="budget must be an amount of dollars"):
            Client(base_url=url, budget=budget)
    with pytest.raises(ConfigurationError, match="budget must be"):
        Client(base_url=url).chat.completions.create(**ASK, budget="much")
    assert str(Client(base_url=url, budget=0.1).spent.budget.limit) == "0.1"
    assert pickle.loads(pickle.dumps(Client(base_url=url, budget=D("0.1")))).spent.budget.limit == D("0.1")  # noqa: S301
    assert Client(base_url=url).spent.budget is None


def test_count_tokens_reserves_nothing(serve: Scripts) -> None:
    script = serve({"headers": {"content-type": "application/json"}, "body": ['{"input_tokens": 3}']})
    client = Client(base_url=script.url, budget="0")
    assert client.messages.count_tokens(**ASK).input_tokens == 3
    with pytest.raises(BudgetExceededError):
        client.chat.completions.create(model=MODEL, messages=ASK["messages"], max_tokens=1)
