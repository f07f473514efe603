"""Replays every vector through the installed wheel at three splits, with the synchronous and the asynchronous client.

Checks vectors only by the rules in `tests/README.md`, with no special cases. The argument is the URL of the test server. Prints the numbers
of passed and failed vectors last, and exits with status 1 if a vector failed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import trilogue

SPLITS = ("whole", "bytes", "random")
CONCURRENCY = 8


class Outcome:
    """The result of a client for a vector."""

    def __init__(self) -> None:
        self.deltas: list[str] = []
        self.chunks = 0
        self.raw: list[str | None] = []
        self.items: list[Any] = []
        self.completion: Any = None
        self.error: trilogue.APIError | None = None

    def add(self, item: Any) -> None:
        """Record a chunk or an event."""
        self.chunks += 1
        if item.text:
            self.deltas.append(item.text)
        self.raw.append(item.raw_json)
        self.items.append(item.to_dict())


def method(client: Any, endpoint: str) -> Any:
    """Return the public method of an endpoint."""
    if endpoint.startswith("models/"):
        return lambda: client.models.retrieve(endpoint.removeprefix("models/"))
    return {
        "chat": client.chat.completions.create,
        "messages": client.messages.create,
        "count_tokens": client.messages.count_tokens,
        "models": client.models.list,
    }[endpoint]


def run_sync(options: dict[str, Any], endpoint: str, request: dict[str, Any], outcome: Outcome) -> None:
    """Send the request of a vector with `Client`."""
    try:
        reply = method(trilogue.Client(**options), endpoint)(**request)
        if request.get("stream"):
            for item in reply:
                outcome.add(item)
            reply = reply.current_completion_snapshot
        outcome.completion = reply.to_dict()
    except trilogue.APIError as error:
        outcome.error = error


async def run_async(options: dict[str, Any], endpoint: str, request: dict[str, Any], outcome: Outcome) -> None:
    """Send the request of a vector with `AsyncClient`."""
    try:
        reply = await method(trilogue.AsyncClient(**options), endpoint)(**request)
        if request.get("stream"):
            async for item in reply:
                outcome.add(item)
            reply = reply.current_completion_snapshot
        outcome.completion = reply.to_dict()
    except trilogue.APIError as error:
        outcome.error = error


class MismatchError(Exception):
    """A result that differs from the expectation of a vector."""


def subset(expected: Any, actual: Any, path: str) -> None:
    """Check that `expected` is a subset of `actual`."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name, value in expected.items():
            subset(value, actual.get(name), f"{path}.{name}")
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
            subset(one, other, f"{path}[{index}]")
    elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
        message = f"{path} is {actual!r}, expected {expected!r}"
        raise MismatchError(message)


def check(expect: dict[str, Any], outcome: Outcome, log: list[dict[str, Any]]) -> None:
    """Check an outcome and the log of the server."""
    error = outcome.error
    if error is None and "error" in expect:
        message = f"no error, expected {expect['error']}"
        raise MismatchError(message)
    if error is not None:
        if "error" not in expect:
            message = f"unexpected {error!r}"
            raise MismatchError(message)
        check_error(expect["error"], error)
    for name in ("deltas", "chunks", "raw", "items", "completion"):
        if name in expect:
            subset(expect[name], getattr(outcome, name), name)
    for name, value in expect.get("request", {}).items():
        subset(value, len(log) if name == "count" else log[-1][name], f"request.{name}")


def check_error(expected: dict[str, Any], error: trilogue.APIError) -> None:
    """Check an error."""
    for name, value in expected.items():
        if name == "kind":
            subset(value, type(error).__name__, "error.kind")
        elif name == "message":
            part = value["python"] if isinstance(value, dict) else value
            if part not in error.message:
                message = f"message {error.message!r} lacks {part!r}"
                raise MismatchError(message)
        elif name == "partial":
            subset(value, error.partial.to_dict() if error.partial is not None else None, "error.partial")
        elif name == "attempts":
            subset(value, [attempt.to_dict() for attempt in error.attempts], "error.attempts")
        else:
            subset(value, getattr(error, "status_code" if name == "status" else name), f"error.{name}")


def fetch(url: str) -> Any:
    """Fetch JSON from the test server."""
    with urllib.request.urlopen(url) as reply:
        return json.load(reply)


def replay(server: str, kind: str, name: str, split: str, vector: dict[str, Any]) -> str | None:
    """Replay a vector. Return a description of the failure, if any."""
    nonce = f"python-{kind}-{name}-{split}"
    base_url = f"{server}/v/{name}/{split}/{nonce}"
    options = json.loads(json.dumps(vector["options"] or {}).replace("{base_url}", base_url))
    options["base_url"] = base_url
    endpoint = vector["endpoint"]
    request = dict(vector["request"])
    if endpoint in ("chat", "messages", "count_tokens"):
        known = {"model", "messages", "stream", "max_tokens"}
        request["extra_body"] = {key: request.pop(key) for key in list(request) if key not in known}
    outcome = Outcome()
    try:
        if kind == "sync":
            run_sync(options, endpoint, request, outcome)
        else:
            asyncio.run(run_async(options, endpoint, request, outcome))
        check(vector["expect"], outcome, fetch(f"{server}/log/{nonce}"))
    except Exception as error:
        return f"python ({kind}): {name} ({split}): {error or type(error)}"
    return None


def main() -> int:
    """Replay all vectors with each client, and print the counts."""
    server = sys.argv[1]
    vectors = fetch(f"{server}/vectors.json")
    status = 0
    for kind in ("sync", "async"):
        runs = [(name, split, vector) for name, vector in vectors.items() for split in SPLITS]
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            failures = list(pool.map(lambda run, kind=kind: replay(server, kind, run[0], run[1], run[2]), runs))
        failed = [failure for failure in failures if failure]
        print("\n".join(failed), file=sys.stderr, end="\n" if failed else "")
        print(f"python ({kind}): {len(runs) - len(failed)} passed, {len(failed)} failed", flush=True)
        status |= bool(failed)
    return status


if __name__ == "__main__":
    sys.exit(main())
