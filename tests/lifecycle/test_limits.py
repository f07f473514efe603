"""Rate limits of a client: calls that don't fit wait in order, a refusal is no failure, and nothing stays behind.

Rule: a case runs in Python, in Node over the addon and over the wasm module, and in Chromium, unless it needs errors or the state of the client.
No assertion depends on a duration.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import BROWSER, NODE, ROOT, environment
from limited import Limit, LimitedServer
from programs import python

import trilogue
from trilogue import AsyncClient

Serve = Callable[..., LimitedServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers, and stop them after the test."""
    servers: list[LimitedServer] = []

    def start(limit: Limit | None = None, **options: Any) -> LimitedServer:
        servers.append(LimitedServer(limit or Limit(), **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def request(content: str) -> Any:
    return {"model": "m", "messages": [{"role": "user", "content": content}]}


def in_python(server: LimitedServer, options: dict[str, Any], calls: int) -> list[str]:
    """Make calls at the same time; return the texts, or the names of errors."""

    async def call(client: AsyncClient, number: int) -> str:
        try:
            reply = await client.chat.completions.create(**request(str(number)))
        except trilogue.APIError as error:
            return type(error).__name__
        return reply.choices[0].message.content or ""

    async def main() -> list[str]:
        async with AsyncClient(base_url=server.url, **options) as client:
            texts = await asyncio.gather(*(call(client, number) for number in range(calls)))
            state = client.limits
            assert (state.in_flight, state.queued) == (0, 0)
            return texts

    return asyncio.run(main())


#: Sets `outcome` to the texts, or the names of errors.
SCRIPT = """
const limited = new Client({ baseURL: client.baseURL, ...OPTIONS });
const call = async (number) => {
    try {
        const messages = [{ role: "user", content: String(number) }];
        return (await limited.chat.completions.create({ model: "m", messages })).choices[0].message.content;
    } catch (error) {
        return error.name;
    }
};
const outcome = await Promise.all([...Array(CALLS).keys()].map(call));
const { in_flight, queued } = limited.limits;
if (in_flight || queued) throw new Error(`${in_flight} in flight, ${queued} queued`);
"""


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def in_javascript(server: LimitedServer, options: dict[str, Any], calls: int, runtime: str) -> list[str]:
    # Times are in milliseconds there.
    named = {camel(name): value * 1000 if name == "queue_timeout" else value for name, value in options.items()}
    script = SCRIPT.replace("OPTIONS", json.dumps(named)).replace("CALLS", str(calls))
    variables = environment(server.url)
    if runtime == "browser":
        # The page's console is not read: an error shows texts that differ.
        script = "const { ready } = await import('trilogue');\nawait ready();\n" + script
        script += "\nif (outcome.some((text) => text !== 'Hello')) throw new Error(JSON.stringify(outcome));"
        command = ["node", str(ROOT / "tests/runners/script.mjs"), script, *BROWSER]
        ended = subprocess.run(
            command, env=variables, check=False, capture_output=True, text=True, timeout=60, input=""
        )
        assert (ended.returncode, ended.stdout) == (0, "given up\n"), ended.stderr
        return ["Hello"] * calls
    start = "import { Client } from 'trilogue';\nconst client = new Client();\n"
    command = ["node", "--input-type=module", "-e", start + script + "\nconsole.log(JSON.stringify(outcome));"]
    if runtime == "node wasm":
        variables["TRILOGUE_BINDING"] = "wasm"
    ended = subprocess.run(command, env=variables, cwd=NODE, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    texts: list[str] = json.loads(ended.stdout)
    return texts


RUNTIMES = ["python", "node", "node wasm", "browser"]


def run(runtime: str, server: LimitedServer, options: dict[str, Any], calls: int) -> list[str]:
    if runtime == "python":
        return in_python(server, options, calls)
    return in_javascript(server, options, calls, runtime)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_calls_in_flight_are_limited_and_sent_in_order(runtime: str, serve: Serve) -> None:
    server = serve(delay=0.01)
    assert run(runtime, server, {"max_in_flight": 1}, 30) == ["Hello"] * 30
    assert server.most_running == 1
    assert [content for content, _ in server.log] == [str(number) for number in range(30)]


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("options", [{"adaptive": True}, {"requests_per_minute": 3000}], ids=["adaptive", "configured"])
@pytest.mark.parametrize("wait", ["named", "unnamed"])
def test_calls_beyond_a_servers_limit_wait(runtime: str, options: dict[str, Any], wait: str, serve: Serve) -> None:
    server = serve(Limit(50, "bucket", 5), retry_after="ms" if wait == "named" else "")
    # A refusal spends none of the call's retries.
    assert run(runtime, server, {**options, "max_retries": 0}, 80) == ["Hello"] * 80
    assert len(server.log) == 80 + server.refused


@pytest.mark.parametrize("runtime", ["python", "node", "node wasm"])
def test_a_call_that_waits_too_long_is_an_error_of_its_own(runtime: str, serve: Serve) -> None:
    server = serve(delay=0.5)
    texts = run(runtime, server, {"max_in_flight": 1, "queue_timeout": 0.05}, 2)
    assert texts == ["Hello", "QueueTimeoutError"]
    assert len(server.log) == 1


def test_a_cancelled_call_leaves_the_queue(serve: Serve) -> None:
    server = serve(delay=0.3)

    async def main() -> None:
        async with AsyncClient(base_url=server.url, max_in_flight=1) as client:
            first, second, third = (
                asyncio.create_task(client.chat.completions.create(**request(name))) for name in ("a", "b", "c")
            )
            while client.limits.queued < 2:  # noqa: ASYNC110 (there is no event for a waiting call)
                await asyncio.sleep(0.001)
            second.cancel()
            await asyncio.gather(first, third)
            assert (client.limits.in_flight, client.limits.queued) == (0, 0)

    asyncio.run(main())
    assert [content for content, _ in server.log] == ["a", "c"]


def test_closing_the_client_ends_waiting_calls(serve: Serve) -> None:
    server = serve(delay=5)

    async def main() -> list[object]:
        client = AsyncClient(base_url=server.url, max_in_flight=1)
        calls = [asyncio.create_task(client.chat.completions.create(**request(name))) for name in ("a", "b")]
        while client.limits.queued < 1:  # noqa: ASYNC110 (as above)
            await asyncio.sleep(0.001)
        await client.close()
        return await asyncio.gather(*calls, return_exceptions=True)

    assert [type(error).__name__ for error in asyncio.run(main())] == ["APIUserAbortError"] * 2


#: Processes that end while one call is in flight and others wait.
EXITS = {
    "an exit in a coroutine": """
async def main():
    client = trilogue.AsyncClient(max_in_flight=1)
    calls = [asyncio.create_task(client.chat.completions.create(**{**ask, "stream": False})) for _ in range(20)]
    while client.limits.queued < 19:
        await asyncio.sleep(0.001)
    sys.exit()

asyncio.run(main())
""",
    "daemon threads": """
client = trilogue.Client(max_in_flight=1)
for _ in range(20):
    threading.Thread(target=lambda: text(client), daemon=True).start()
while client.limits.queued < 19:
    time.sleep(0.001)
""",
    "Ctrl-C": """
async def main():
    client = trilogue.AsyncClient(max_in_flight=1)
    calls = [asyncio.create_task(text_async(client)) for _ in range(20)]
    while client.limits.queued < 19:
        await asyncio.sleep(0.001)
    signal.raise_signal(signal.SIGINT)
    await asyncio.gather(*calls)

try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
""",
}


@pytest.mark.parametrize("exit", EXITS)
def test_a_process_ends_while_calls_wait(exit: str, serve: Serve, tmp_path: Path) -> None:
    server = serve(delay=30)
    # The process ends without a message, and does not wait for the answers of 20 calls.
    python(EXITS[exit], server.url, tmp_path)
    if exit == "daemon threads":
        # A loop that ends cancels its calls one by one, so that a slot may be used before the next call is cancelled; here all end at once.
        assert len(server.log) <= 1


@pytest.mark.parametrize("binding", ["native", "wasm"])
def test_a_process_of_node_ends_while_calls_wait(binding: str, serve: Serve) -> None:
    server = serve(delay=30)
    script = """
import { Client } from "trilogue";
const client = new Client({ maxInFlight: 1 });
for (let number = 0; number < 20; number++) {
    client.chat.completions.create({ model: "m", messages: [{ role: "user", content: `${number}` }] });
}
while (client.limits.queued < 19) await new Promise((resolve) => setTimeout(resolve, 1));
process.exit();
"""
    variables = environment(server.url, TRILOGUE_BINDING=binding)
    command = ["node", "--input-type=module", "-e", script]
    ended = subprocess.run(command, env=variables, cwd=NODE, check=False, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert len(server.log) <= 1


@pytest.mark.parametrize("runtime", ["python", "node", "node wasm"])
def test_tokens_are_reserved_and_returned(runtime: str, serve: Serve) -> None:
    # A call without `max_tokens` reserves more than half of the limit.
    options = {"tokens_per_minute": 2000, "queue_timeout": 0.05}
    assert run(runtime, serve(delay=0.5), options, 2) == ["Hello", "QueueTimeoutError"]
    # It uses 10 tokens, and returns the rest.
    assert run(runtime, serve(), {"tokens_per_minute": 2000}, 20) == ["Hello"] * 20


def test_a_stream_returns_its_tokens_once(serve: Serve) -> None:
    server = serve(delay=5)

    async def main() -> None:
        async with AsyncClient(base_url=server.url, tokens_per_minute=2000, queue_timeout=0.05) as client:
            slow = asyncio.create_task(client.chat.completions.create(**request("a"), max_tokens=1000))
            while server.running == 0:  # noqa: ASYNC110 (the server runs in another thread)
                await asyncio.sleep(0.001)
            server.delay = 0
            async with await client.chat.completions.create(**request("b"), max_tokens=500, stream=True) as stream:
                await stream.until_done()
            del stream
            # The first call still holds more than half of the limit.
            with pytest.raises(trilogue.QueueTimeoutError):
                await client.chat.completions.create(**request("c"), max_tokens=1000)
            slow.cancel()

    asyncio.run(main())
    assert [content for content, _ in server.log] == ["a", "b"]


def test_a_refusal_pauses_all_calls_of_a_client(serve: Serve) -> None:
    # Also without limits: the call after a refusal waits until the pause has ended.
    server = serve(Limit(1, "bucket", 1))
    client = trilogue.Client(base_url=server.url, max_retries=0)
    client.chat.completions.create(**request("a"))
    with pytest.raises(trilogue.RateLimitError):
        client.chat.completions.create(**request("b"))
    assert client.limits.paused_ms > 0
    client.chat.completions.create(**request("c"))
    assert [status for _, status in server.log] == [200, 429, 200]


@pytest.mark.parametrize("options", [{}, {"adaptive": True}], ids=["no limits", "adaptive"])
@pytest.mark.parametrize("runtime", ["python", "node", "node wasm"])
def test_an_exhausted_limit_of_a_day_is_an_error_of_each_call(
    runtime: str, options: dict[str, Any], serve: Serve
) -> None:
    server = serve(Limit(1 / 86400, "window", 86400), retry_after="", announces="openai")
    for _ in range(2):
        texts = run(runtime, server, {**options, "max_retries": 0}, 2)
        assert "RateLimitError" in texts
        assert set(texts) <= {"Hello", "RateLimitError"}
    assert len(server.log) == 4
