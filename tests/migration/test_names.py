"""Names of the official clients in this package: types, fields, methods, signatures, and the messages for what is missing."""

from __future__ import annotations

import inspect
import pydoc
from typing import Any, Literal

import anthropic
import anthropic.types
import openai
import openai.types
import openai.types.chat
import pytest
from openai.types.chat import chat_completion, chat_completion_chunk

import trilogue
from trilogue import types

CLIENT = trilogue.Client(base_url="http://127.0.0.1:9/v1", max_retries=0)
ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}

#: Types of stored chat completions, which this package does not request.
STORED = {"CompletionListParams", "CompletionUpdateParams"}


def test_every_type_of_chat_completions_has_its_name() -> None:
    official = {name for name in dir(openai.types.chat) if name[0].isupper()}
    missing = {name for name in official - STORED if not hasattr(types.chat, name)}
    assert missing == set()


@pytest.mark.parametrize(
    ("official", "own"),
    [
        (openai.types.chat.ChatCompletion, types.ChatCompletion),
        (chat_completion.Choice, types.Choice),
        (openai.types.chat.ChatCompletionMessage, types.ChatMessage),
        (openai.types.chat.ChatCompletionChunk, types.ChatCompletionChunk),
        (chat_completion_chunk.Choice, types.ChunkChoice),
        (chat_completion_chunk.ChoiceDelta, types.ChoiceDelta),
        (openai.types.CompletionUsage, types.Usage),
        (openai.types.completion_usage.CompletionTokensDetails, types.CompletionTokensDetails),
        (openai.types.completion_usage.PromptTokensDetails, types.PromptTokensDetails),
        (anthropic.types.TextBlock, types.TextBlock),
        (anthropic.types.ThinkingBlock, types.ThinkingBlock),
        (anthropic.types.MessageDeltaUsage, types.MessageUsage),
    ],
)
def test_fields_that_a_server_left_out_are_none(official: Any, own: Any) -> None:
    empty = own({})
    # Padding of chunks is an unknown field here.
    assert [name for name in official.model_fields if name != "obfuscation" and getattr(empty, name) is not None] == []


@pytest.mark.parametrize("name", ["container", "stop_details", "stop_sequence", "stop_reason"])
def test_fields_of_messages_that_a_server_left_out_are_none(name: str) -> None:
    assert getattr(types.Message({}), name) is None


@pytest.mark.parametrize("name", ["OpenAIError", "AnthropicError"])
def test_every_error_has_the_base_of_the_official_clients(name: str) -> None:
    base = getattr(trilogue, name)
    assert issubclass(trilogue.RateLimitError, base)
    assert issubclass(trilogue.ConfigurationError, base)


def test_values_of_the_official_clients_that_are_not_given_are_left_out() -> None:
    from trilogue._sender import split

    absent = [
        openai.NOT_GIVEN,
        openai.omit,
        anthropic.NOT_GIVEN,
        anthropic.omit,
        trilogue.NOT_GIVEN,
        trilogue.omit,
        None,
    ]
    for value in absent:
        assert split({**ASK, "temperature": value, "timeout": value}) == (ASK, {})
    text = {"type": "text", "text": "Hi", "cache_control": openai.omit}
    nested: Any = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": [text]}]}
    with pytest.raises(trilogue.APIConnectionError):
        CLIENT.messages.create(**nested)


@pytest.mark.parametrize("absent", [openai.NOT_GIVEN, anthropic.omit, trilogue.NOT_GIVEN, None])
def test_options_of_a_client_that_are_not_given_are_left_out(absent: Any) -> None:
    names = ("default_headers", "default_query", "prices", "catalog", "ca_bundle", "client_cert", "timeout")
    client = trilogue.Client(base_url="http://127.0.0.1:9/v1", **dict.fromkeys(names, absent))
    assert client.default_headers == client.default_query == {}


def test_the_client_of_the_module_notices_changes_within_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    from trilogue._resources.module_client import module_client

    headers = {"x-team": "a"}
    monkeypatch.setattr(trilogue, "base_url", "http://127.0.0.1:9/v1")
    monkeypatch.setattr(trilogue, "default_headers", headers)
    first = module_client()
    assert module_client() is first
    headers["x-team"] = "b"
    assert module_client().default_headers == {"x-team": "b"}


@pytest.mark.parametrize(
    ("path", "use"),
    [
        ("embeddings", "the `openai` package"),
        ("responses", "client.chat.completions"),
        ("completions", "client.chat.completions"),
        ("beta.threads", "trilogue.Conversation"),
        ("messages.batches", "the `anthropic` package"),
        ("chat.completions.list", "the `openai` package"),
        ("organization", "`default_headers`"),
    ],
)
def test_a_part_that_is_missing_says_what_to_use(path: str, use: str) -> None:
    *parts, last = path.split(".")
    for kind in (trilogue.Client, trilogue.AsyncClient):
        owner: Any = kind(base_url="http://127.0.0.1:9/v1")
        for part in parts:
            owner = getattr(owner, part)
        assert not hasattr(owner, last)
        with pytest.raises(AttributeError, match=rf"{last} is not part of trilogue.*{use}"):
            getattr(owner, last)


def test_a_misspelled_member_has_a_plain_message() -> None:
    with pytest.raises(AttributeError, match="client has no 'chatt'"):
        _ = CLIENT.chatt  # type: ignore[attr-defined]
    with pytest.raises(
        AttributeError, match=r"trilogue\.OpenAI is not .*`trilogue\.Client` or `trilogue\.openai\.OpenAI`"
    ):
        _ = trilogue.OpenAI  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match=r"^AsyncClient\(\) got an unexpected keyword argument 'apikey'"):
        trilogue.AsyncClient(apikey="k")  # type: ignore[call-arg]


def test_the_type_of_an_answer_has_the_name_of_its_format() -> None:
    with pytest.raises(TypeError, match="messages takes the type of the answer as output_format"):
        CLIENT.messages.parse(**ASK, max_tokens=9, response_format=dict)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match=r"chat\.completions takes the type of the answer as response_format"):
        CLIENT.chat.completions.parse(**ASK, output_format=dict)  # type: ignore[call-overload]


@pytest.mark.parametrize("kind", [trilogue.Client, trilogue.AsyncClient])
def test_signatures_and_help_list_every_argument(kind: Any) -> None:
    client = kind(base_url="http://127.0.0.1:9/v1")
    for method, names in [
        (client.chat.completions.create, {"messages", "model", "stream", "temperature", "tools", "extra_body"}),
        (client.chat.completions.parse, {"response_format", "mode", "strict", "seed"}),
        (client.messages.create, {"max_tokens", "system", "thinking", "betas", "timeout"}),
        (client.messages.stream, {"output_format", "max_tokens"}),
        (client.messages.count_tokens, {"messages", "tools"}),
    ]:
        signature = inspect.signature(method)
        assert names <= signature.parameters.keys()
        assert "request" not in signature.parameters
        assert all(one.kind is one.KEYWORD_ONLY for one in signature.parameters.values())
        text = inspect.getdoc(method) or ""
        assert all(f"\n    {name}: " in text for name in names), method
        assert all(name in pydoc.plain(pydoc.render_doc(method)) for name in names)
    assert "response_format" not in inspect.signature(client.messages.parse).parameters
    assert inspect.signature(client.messages.create).parameters["max_tokens"].default is inspect.Parameter.empty
    assert inspect.iscoroutinefunction(client.chat.completions.create) == (kind is trilogue.AsyncClient)


def test_schemas_are_those_of_the_official_packages() -> None:
    from pydantic import BaseModel, Field

    class Item(BaseModel):
        name: str
        size: int = Field(ge=1, le=9)
        tags: list[str] = Field(min_length=2, description="Some tags")

    class Order(BaseModel):
        """An order."""

        items: list[Item]
        note: str | None
        day: Literal["mon", "tue"] = "mon"

    for of in (Item, Order, {"type": "integer", "minimum": 1, "description": "A number"}):
        assert trilogue.transform_schema(of) == anthropic.transform_schema(of)

    class Search(BaseModel):
        """Search for a text."""

        text: str
        limit: int

    assert trilogue.pydantic_function_tool(Search) == openai.pydantic_function_tool(Search)
    named: Any = {"name": "find", "description": "Find"}
    assert trilogue.pydantic_function_tool(Search, **named) == openai.pydantic_function_tool(Search, **named)
