"""Measure the CPU per token of streams through Python frameworks, with the official clients and with those of this package.

    TRILOGUE_ROOT=. PYTHONPATH=tests/scripted:tests/frameworks python bench/python/frameworks.py [TOKENS]

Both clients read the same stream from the test server, which is a process of its own, in turn and in one process. CPU is user and system time of the
whole process, threads included. A run reads TOKENS chunks of one token; the first run of each client is not measured, and the figure is the median
of five. Frameworks that are not installed are left out.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from replies import chunks, events

from scripted import Scripts

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[[], object]

os.environ.update(LITELLM_LOCAL_MODEL_COST_MAP="True", OPENAI_AGENTS_DISABLE_TRACING="1", LANGSMITH_TRACING="false")
KEY = "sk-1234567890"
HI: Any = [{"role": "user", "content": "Hi"}]
RUNS = 5


def openai(chat: str, kinds: Any) -> Run:
    """Read chunks with the official client's class."""
    client = kinds.OpenAI(base_url=chat, api_key=KEY)
    return lambda: sum(
        len(item.choices) for item in client.chat.completions.create(model="m", messages=HI, stream=True)
    )


def openai_async(chat: str, kinds: Any) -> Run:
    """Read chunks with its asynchronous class."""
    client = kinds.AsyncOpenAI(base_url=chat, api_key=KEY)

    async def read() -> int:
        stream = await client.chat.completions.create(model="m", messages=HI, stream=True)
        return sum([len(item.choices) async for item in stream])

    return lambda: asyncio.run(read())


def anthropic(messages: str, kinds: Any) -> Run:
    """Read events."""
    client = kinds.Anthropic(base_url=messages, api_key=KEY)
    return lambda: sum(
        len(item.type) for item in client.messages.create(model="m", messages=HI, max_tokens=9, stream=True)
    )


def anthropic_helper(messages: str, kinds: Any) -> Run:
    """Read texts with the official client's helper."""
    client = kinds.Anthropic(base_url=messages, api_key=KEY)

    def run() -> int:
        with client.messages.stream(model="m", messages=HI, max_tokens=9) as stream:
            return sum(map(len, stream.text_stream))

    return run


def langchain_openai(chat: str, kinds: Any) -> Run:
    """Read chunks of LangChain."""
    from langchain_openai import ChatOpenAI

    client = kinds.OpenAI(base_url=chat, api_key=KEY)
    model = ChatOpenAI(model="m", api_key=KEY, root_client=client, client=client.chat.completions)
    return lambda: sum(len(item.content) for item in model.stream("Hi"))


def langchain_anthropic(messages: str, kinds: Any) -> Run:
    """Read chunks of LangChain, in Anthropic's format."""
    from langchain_anthropic import ChatAnthropic

    model = ChatAnthropic(model="m", api_key=KEY, max_tokens=9)
    vars(model)["_client"] = kinds.Anthropic(base_url=messages, api_key=KEY)
    return lambda: sum(len(item.text) for item in model.stream("Hi"))


def pydantic_ai_openai(chat: str, kinds: Any) -> Run:
    """Read texts of Pydantic AI."""
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    return _pydantic_ai(
        lambda: OpenAIChatModel(
            "m", provider=OpenAIProvider(openai_client=kinds.AsyncOpenAI(base_url=chat, api_key=KEY))
        )
    )


def pydantic_ai_anthropic(messages: str, kinds: Any) -> Run:
    """Read texts of Pydantic AI, in Anthropic's format."""
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    return _pydantic_ai(
        lambda: AnthropicModel(
            "m", provider=AnthropicProvider(anthropic_client=kinds.AsyncAnthropic(base_url=messages, api_key=KEY))
        )
    )


def _pydantic_ai(make: Any) -> Run:
    from pydantic_ai import Agent

    async def read() -> int:
        async with Agent(make()).run_stream("Hi") as stream:
            return sum([len(text) async for text in stream.stream_text(delta=True, debounce_by=None)])

    return lambda: asyncio.run(read())


def openai_agents(chat: str, kinds: Any) -> Run:
    """Read events of the OpenAI Agents SDK."""
    from agents import Agent, OpenAIChatCompletionsModel, Runner, set_tracing_disabled

    set_tracing_disabled(disabled=True)

    async def read() -> int:
        model = OpenAIChatCompletionsModel(model="m", openai_client=kinds.AsyncOpenAI(base_url=chat, api_key=KEY))
        result = Runner.run_streamed(Agent(name="a", model=model), "Hi")
        return len([event async for event in result.stream_events()])

    return lambda: asyncio.run(read())


def litellm(chat: str, kinds: Any) -> Run:
    """Read chunks of LiteLLM."""
    import litellm

    client = kinds.OpenAI(base_url=chat, api_key=KEY)
    return lambda: sum(
        len(item.choices) for item in litellm.completion(model="openai/m", messages=HI, client=client, stream=True)
    )


def outlines(chat: str, kinds: Any) -> Run:
    """Read texts of outlines."""
    import outlines

    model = outlines.from_openai(kinds.OpenAI(base_url=chat, api_key=KEY), "m")
    return lambda: sum(map(len, model.stream("Hi")))


def langsmith(chat: str, kinds: Any) -> Run:
    """Read chunks through LangSmith's wrapper."""
    from langsmith.wrappers import wrap_openai

    client = wrap_openai(kinds.OpenAI(base_url=chat, api_key=KEY))
    return lambda: sum(
        len(item.choices) for item in client.chat.completions.create(model="m", messages=HI, stream=True)
    )


def braintrust(chat: str, kinds: Any) -> Run:
    """Read chunks through Braintrust's wrapper."""
    import braintrust

    client = braintrust.wrap_openai(kinds.OpenAI(base_url=chat, api_key=KEY))
    return lambda: sum(
        len(item.choices) for item in client.chat.completions.create(model="m", messages=HI, stream=True)
    )


def llama_index_openai(chat: str, kinds: Any) -> Run:
    """Read chunks of LlamaIndex."""
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.llms.openai import OpenAI

    model = OpenAI(model="gpt-4o", api_key=KEY, openai_client=kinds.OpenAI(base_url=chat, api_key=KEY))
    return lambda: sum(len(str(item.delta)) for item in model.stream_chat([ChatMessage(role="user", content="Hi")]))


#: The package whose version is shown, the format, and the function that prepares a run.
CASES: dict[str, tuple[str, str, Any]] = {
    "OpenAI client": ("openai", "chat", openai),
    "OpenAI client, asynchronous": ("openai", "chat", openai_async),
    "Anthropic client": ("anthropic", "messages", anthropic),
    "Anthropic client, `messages.stream`": ("anthropic", "messages", anthropic_helper),
    "LangChain, OpenAI": ("langchain-openai", "chat", langchain_openai),
    "LangChain, Anthropic": ("langchain-anthropic", "messages", langchain_anthropic),
    "Pydantic AI, OpenAI": ("pydantic-ai-slim", "chat", pydantic_ai_openai),
    "Pydantic AI, Anthropic": ("pydantic-ai-slim", "messages", pydantic_ai_anthropic),
    "OpenAI Agents SDK": ("openai-agents", "chat", openai_agents),
    "LlamaIndex, OpenAI": ("llama-index-llms-openai", "chat", llama_index_openai),
    "outlines": ("outlines", "chat", outlines),
    "LiteLLM": ("litellm", "chat", litellm),
    "LangSmith wrapper": ("langsmith", "chat", langsmith),
    "Braintrust wrapper": ("braintrust", "chat", braintrust),
}


def official_and_own(form: str) -> tuple[Any, Any]:
    """Return the modules of the official client and of this package's."""
    if form == "chat":
        import openai

        import trilogue.openai

        return openai, trilogue.openai
    import anthropic

    import trilogue.anthropic

    return anthropic, trilogue.anthropic


def microseconds(run: Run, tokens: int) -> float:
    """Return the CPU per token of one run."""
    start = time.process_time()
    if not run():
        sys.exit("error: the stream was empty")
    return (time.process_time() - start) / tokens * 1e6


def main() -> None:
    """Print a table."""
    tokens = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    texts = [f"token{number % 10} " for number in range(tokens)]
    scripts = Scripts(Path(tempfile.mkdtemp()))
    urls = {"chat": f"{scripts.chat(chunks(*texts)).url}/v1", "messages": scripts.messages(events(*texts)).url}
    print("| framework | version | official client | this package | saved |\n|---|---|---|---|---|")
    for name, (package, form, prepare) in CASES.items():
        try:
            number = version(package)
        except PackageNotFoundError:
            continue
        runs = [prepare(urls[form], kinds) for kinds in official_and_own(form)]
        for run in runs:
            run()
        measured = [[microseconds(run, tokens) for run in runs] for _ in range(RUNS)]
        before, after = (median(pair) for pair in zip(*measured, strict=True))
        print(f"| {name} | {number} | {before:.1f} µs | {after:.1f} µs | {1 - after / before:.0%} |", flush=True)
    scripts.end()


if __name__ == "__main__":
    main()
