"""Results, events, errors and clients as objects: copied, pickled, compared, printed, changed.

The tests use the installed wheel and a real socket. pydantic's behaviour is the reference where both have a feature.
"""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import pickle
import socket
import threading
from typing import Any

import pytest
from IPython.lib.pretty import pretty
from replies import REPLIES
from test_migration import Servers
from test_migration import servers as servers

import trilogue
from trilogue import types

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def again(value: Any) -> Any:
    """Pickle and load."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the key of the machine's user."""
    monkeypatch.delenv("MODELSLAB_API_KEY", raising=False)


def client_of(servers: Servers, name: str, nonce: str, **options: Any) -> trilogue.Client:
    return trilogue.Client(base_url=f"{servers.url}/v/{name}/pieces/{nonce}", max_retries=0, **options)


def body_of(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(REPLIES[name][0]["body"][0])
    return body


CHAT = types.ChatCompletion(body_of("openai/functions/tools"))
MESSAGE = types.Message(body_of("anthropic/objects/results"))


@pytest.mark.parametrize("result", [CHAT, CHAT.choices[0].message, MESSAGE, MESSAGE.content[2]])
def test_results_are_copied_whole(result: Any) -> None:
    for other in (again(result), copy.copy(result), copy.deepcopy(result), result.model_copy(deep=True)):
        assert other == result
        assert type(other) is type(result)
        assert other.to_dict() == result.to_dict()
    deep = copy.deepcopy(CHAT)
    deep.choices[0].message.content = "changed"
    assert CHAT.choices[0].message.content is None
    assert deep.to_dict()["choices"][0]["message"]["content"] == "changed"


def test_lists_that_a_user_changes_are_sent_and_dumped_as_changed() -> None:
    completion = copy.deepcopy(CHAT)
    calls = completion.choices[0].message.tool_calls
    assert calls is not None
    calls.pop()
    assert len(completion.to_dict()["choices"][0]["message"]["tool_calls"]) == 1
    assert completion != CHAT


def test_arguments_of_tools_are_dicts() -> None:
    block = MESSAGE.content[2]
    assert block.type == "tool_use"
    assert isinstance(block.input, dict)
    assert json.loads(json.dumps(block.input)) == {"location": "SF", "units": {"t": "C"}}
    assert dict(**block.input)["location"] == block.input["location"] == "SF"
    units: Any = block.input
    assert units.units.t == "C"


def test_blocks_have_the_fields_of_their_type_alone() -> None:
    thinking, text, _ = MESSAGE.content
    assert [type(block).__name__ for block in MESSAGE.content] == ["ThinkingBlock", "TextBlock", "ToolUseBlock"]
    assert not hasattr(thinking, "text")
    assert hasattr(text, "citations")
    unknown = types.Message({"content": [{"type": "new_kind", "size": 3}]}).content[0]
    assert isinstance(unknown, types.ContentBlock)  # type: ignore[arg-type, unused-ignore]
    assert unknown.type == "new_kind"
    assert unknown["size"] == 3


def test_dumps_choose_fields_as_pydantic_does() -> None:
    pydantic = pytest.importorskip("openai.types.chat").ChatCompletion.model_validate(body_of("openai/functions/tools"))
    selections: list[dict[str, Any]] = [
        {"include": {"id", "choices"}},
        {"include": {"choices": {0: {"message": {"tool_calls": {"__all__": {"function": {"name"}}}}}}}},
        {"exclude": {"choices": {"__all__": {"message": True}}, "usage": ...}},
        {"exclude": {"choices": {-1}}},
        {"exclude": {"id", "created"}, "exclude_none": True},
        {"include": {"usage": {"completion_tokens_details"}}, "exclude_defaults": True},
    ]
    for chosen in selections:
        for unset in (True, False):
            ours = CHAT.model_dump(exclude_unset=unset, **chosen)
            theirs = pydantic.model_dump(exclude_unset=unset, **chosen)
            assert _without_own(ours) == _without_own(theirs), chosen


def _without_own(value: Any) -> Any:
    """Remove empty fields that only one of the packages knows."""
    if isinstance(value, dict):
        return {name: _without_own(item) for name, item in value.items() if item is not None}
    return [_without_own(item) for item in value] if isinstance(value, list) else value


def test_known_fields_that_were_not_sent_are_none() -> None:
    message = CHAT.choices[0].message
    assert message.audio is None
    assert message.model_dump()["audio"] is None
    assert "audio" not in message.to_dict()
    with pytest.raises(AttributeError, match="mesage"):
        _ = message.mesage  # type: ignore[attr-defined]


def test_json_is_as_pydantic_writes_it() -> None:
    usage = types.Usage({"prompt_tokens": 1, "note": "é"})
    assert usage.model_dump_json(exclude_unset=True) == '{"prompt_tokens":1,"note":"é"}'
    assert usage.to_json() == '{\n  "prompt_tokens": 1,\n  "note": "é"\n}'
    assert types.Usage.model_validate_json(usage.to_json()) == usage


def test_results_are_made_of_fields_and_dicts() -> None:
    message = types.ChatMessage(role="assistant", content="Hi")
    assert message == types.ChatMessage.model_construct(role="assistant", content="Hi")
    completion = types.ChatCompletion.model_validate(
        {"id": "c", "choices": [{"index": 0, "message": message.to_dict()}]}
    )
    assert completion.choices[0].message == message
    with pytest.raises(TypeError, match="created from a dict"):
        types.ChatCompletion.model_validate([])


def test_pydantic_models_have_results_as_fields() -> None:
    import pydantic

    class Turn(pydantic.BaseModel):
        completion: types.ChatCompletion

    turn = Turn(completion=CHAT)
    assert turn.completion is CHAT
    assert Turn.model_validate_json(turn.model_dump_json()).completion == CHAT
    with pytest.raises(pydantic.ValidationError, match="created from a dict"):
        Turn.model_validate({"completion": "none"})


def test_a_notebook_shows_results_indented() -> None:
    assert pretty(types.Usage({"prompt_tokens": 1})) == "Usage(prompt_tokens=1)"
    lines = pretty(CHAT).splitlines()
    assert lines[0] == "ChatCompletion("
    assert "    id='chatcmpl-B9MBs8'," in lines
    assert any(line.strip() == "ChatMessage(" or line.endswith("message=ChatMessage(") for line in lines)
    assert eval(pretty(CHAT), dict(vars(types))) == CHAT  # noqa: S307
    assert eval(repr(MESSAGE), dict(vars(types))) == MESSAGE  # noqa: S307


def test_chunks_and_events_are_copied_whole(servers: Servers) -> None:
    client = client_of(servers, "openai.streams.events", "chunks")
    chunks = list(client.chat.completions.create(**ASK, stream=True))
    assert {type(chunk).__name__ for chunk in chunks} >= {"ChatCompletionChunk"}
    paddings = [len(chunk["obfuscation"]) for chunk in chunks]
    assert paddings == [number * 5 % 7 for number in range(len(chunks))]
    for chunk in chunks:
        assert again(chunk) == copy.copy(chunk) == copy.deepcopy(chunk) == chunk
        assert isinstance(again(chunk), types.ChatCompletionChunk)
        for choice in chunk.choices:
            assert again(choice.delta) == choice.delta
    with client_of(servers, "openai.streams.events", "events").chat.completions.stream(**ASK) as stream:
        for event in stream:
            if event.type == "chunk":
                assert len(event.chunk["obfuscation"]) == paddings.pop(0)
            copied = again(event)
            assert copied == copy.deepcopy(event) == event
            assert (copied.type, copied.text_delta, copied.parsed) == (event.type, event.text_delta, event.parsed)
            assert isinstance(event, trilogue.StreamEvent)
            if event.type == "tool_calls.function.arguments.delta":
                assert isinstance(event, types.FunctionToolCallArgumentsDeltaEvent)
                assert isinstance(copied, types.FunctionToolCallArgumentsDeltaEvent)
                assert type(copied.parsed) is dict
    kinds: set[str] = set()
    ask: dict[str, Any] = {**ASK, "max_tokens": 9}
    for event in client_of(servers, "anthropic.streams.events", "raw").messages.create(**ask, stream=True):
        assert isinstance(event, types.MessageEvent)  # type: ignore[arg-type, unused-ignore]
        assert again(event) == event
        kinds.add(event.__class__.__name__)
        if event.type == "content_block_delta":
            kinds.add(event.delta.__class__.__name__)
    assert kinds >= {"MessageStartEvent", "ContentBlockDeltaEvent", "TextDelta", "ThinkingDelta", "InputJSONDelta"}


def _parts(error: trilogue.APIError) -> dict[str, Any]:
    parts = {name: value for name, value in vars(error).items() if not name.startswith("__")}
    assert error.response is None or error.response.headers["x-y"] == "z"
    return {**parts, "text": str(error), "arguments": error.args}


# `ToolError` is an error of the program's own functions.
@pytest.mark.parametrize("name", [name for name in dir(trilogue) if name.endswith("Error") and name != "ToolError"])
def test_errors_are_copied_with_all_their_parts(name: str) -> None:
    kind: type[trilogue.APIError] = getattr(trilogue, name)
    given = {
        "status": 429,
        "code": "c",
        "param": "p",
        "type": "t",
        "request_id": "r",
        "retryable": True,
        "retries_taken": 2,
        "retry_after": 1.5,
        "headers": [["X-Y", "z"]],
        "body": {"error": {"message": "m"}},
        "partial": CHAT.to_dict(),
        "problems": [{"path": "/a", "message": "b"}],
    }
    error = kind("it failed", given)
    error.tries = [CHAT.usage]
    for other in (again(error), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is kind
        assert _parts(other) == _parts(error)
    bare = again(kind("it failed"))
    assert (bare.message, bare.status_code, bare.response, bare.partial) == ("it failed", None, None, None)


def test_every_error_is_listed() -> None:
    from trilogue._generated import errors

    kinds = [kind for kind in vars(errors).values() if inspect.isclass(kind)]
    names = {kind.__name__ for kind in kinds if issubclass(kind, trilogue.APIError)}
    assert names <= set(dir(trilogue))
    assert len(names) > 30


def test_every_option_of_the_core_is_an_argument() -> None:
    from trilogue._generated.constants import CLIENT_OPTIONS, SNIPPET_OPTIONS

    # The client sets `key_per_request` itself, for a key that is a function; the others are functions of Python.
    own = {"transport", "http_client", "on_request", "on_response", "on_event"}
    assert set(inspect.signature(trilogue.Client).parameters) - own == set(CLIENT_OPTIONS) - own - {"key_per_request"}
    assert set(inspect.signature(trilogue.snippet).parameters) == {"request", "endpoint", *SNIPPET_OPTIONS}


def module_key() -> str:
    """Return a key."""
    return "key-of-a-function"


def test_clients_are_pickled_as_configuration() -> None:
    client = trilogue.Client(base_url="http://127.0.0.1:1/v1", timeout=3, api_key=module_key)
    for other in (
        again(client),
        copy.copy(client),
        copy.deepcopy(client),
        client.copy(timeout=4),
        client.with_options(),
    ):
        assert repr(other) == repr(client)
    with pytest.raises(pickle.PicklingError, match=r"api_key.*function that is defined at module level"):
        pickle.dumps(client.with_options(api_key=lambda: "secret-key"))
    assert copy.copy(client.with_options(api_key=lambda: "k")).base_url == client.base_url


def test_parts_of_a_client_stay_the_same_object() -> None:
    client = trilogue.Client(base_url="http://127.0.0.1:1")
    assert client.chat.completions is client.chat.completions
    client.chat.completions.create = lambda **_: "mocked"  # type: ignore[method-assign]
    assert client.chat.completions.create(**ASK) == "mocked"


def test_a_closed_client_sends_nothing_and_keeps_no_connection() -> None:
    reply = b'HTTP/1.1 200 x\r\ncontent-type: application/json\r\ncontent-length: 18\r\n\r\n{"input_tokens":1}'
    closed = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(reply)
            if connection.recv(1) == b"":
                closed.set()

        threading.Thread(target=serve, daemon=True).start()
        with trilogue.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
            assert client.messages.count_tokens(**ASK).input_tokens == 1
            assert not client.is_closed()
        assert client.is_closed()
        assert closed.wait(10)
    with pytest.raises(RuntimeError, match="closed"):
        client.models.list()
    assert not client.with_options().is_closed()

    async def leave() -> bool:
        async with trilogue.AsyncClient(base_url="http://127.0.0.1:1") as other:
            pass
        await other.aclose()
        return other.is_closed()

    assert asyncio.run(leave())


def test_one_client_serves_several_event_loops(servers: Servers) -> None:
    client = trilogue.AsyncClient(base_url=f"{servers.url}/v/openai.streams.stream/pieces/loops", max_retries=0)

    async def read(*, whole: bool) -> str:
        stream = await client.chat.completions.create(**ASK, stream=True)
        async for chunk in stream:
            if not whole:
                return chunk.id
        return await stream.get_final_text()

    # A loop that ends while its stream is open, and later loops, also at the same time.
    assert asyncio.run(read(whole=False)) == "chatcmpl-1"
    said: list[str] = []
    threads = [threading.Thread(target=lambda: said.append(asyncio.run(read(whole=True)))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == ["Again!"] * 3


def test_names_are_loaded_on_demand() -> None:
    names: dict[str, Any] = {}
    exec("from trilogue import *", names)  # noqa: S102
    assert {"Client", "Stream", "RateLimitError", "tool", "types", "NOT_GIVEN"} <= names.keys()
    exec("from trilogue.types import *", names)  # noqa: S102
    assert {"ChatCompletionMessageParam", "TextBlock", "ChatStreamEvent", "ChatOptions"} <= names.keys()
    with pytest.raises(AttributeError, match="no attribute 'Cleint'"):
        _ = trilogue.Cleint  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="no attribute 'TextBlok'"):
        _ = types.TextBlok  # type: ignore[attr-defined]


def test_importing_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    program = (
        "import itertools, os, sys; before = set(sys.modules)\n"
        "import trilogue; trilogue.Client(base_url='http://127.0.0.1:1')\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path += {sys.path!r}\n{program}"],
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(ended.stdout.split())
    assert "trilogue._client" in loaded
    assert loaded <= {
        "trilogue",
        "trilogue._client",
        "trilogue._client.base",
        "trilogue._client.closed",
        "trilogue._client.options",
        "trilogue._native",
        "trilogue._observability",
        "trilogue._sender",
        "trilogue._waiting",
        "__future__",
        "atexit",
    }
