"""Compares prompts with those of openai-harmony and of the models' template, token for token.

Usage: `prompt_oracles.py VOCABULARY TEMPLATE SEED COUNT`, in a Python with trilogue, trilogue-o200k, openai-harmony 0.0.8 and jinja2. VOCABULARY is the folder
with `o200k_base.tiktoken`; TEMPLATE is the file `openai-gpt-oss-120b.jinja` of llama.cpp. Prints the constants of `test_prompts.py` too.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import jinja2
from prompts import Chance, request
from test_prompts import DATE, PROFILES, summary

import trilogue

os.environ["TIKTOKEN_ENCODINGS_BASE"] = sys.argv[1]
import openai_harmony as oh

ENCODING = oh.load_harmony_encoding(oh.HarmonyEncodingName.HARMONY_GPT_OSS)
EFFORTS = {"low": oh.ReasoningEffort.LOW, "medium": oh.ReasoningEffort.MEDIUM, "high": oh.ReasoningEffort.HIGH}


def texts(content: Any) -> list[str]:
    """Return the texts of a content."""
    if content is None:
        return []
    return [content] if isinstance(content, str) else [part["text"] for part in content]


def harmony(body: dict[str, Any]) -> list[int]:
    """Render a request as vLLM does."""
    system = oh.SystemContent.new().with_conversation_start_date(DATE)
    system = system.with_reasoning_effort(EFFORTS[body.get("reasoning_effort", "medium")])
    messages = [oh.Message.from_role_and_content(oh.Role.SYSTEM, system)]
    rest = body["messages"]
    developer = oh.DeveloperContent.new()
    has_instructions = rest[0]["role"] in ("system", "developer")
    if has_instructions:
        developer = developer.with_instructions("".join(texts(rest[0]["content"])))
        rest = rest[1:]
    functions = [tool["function"] for tool in body.get("tools", [])]
    if functions:
        described = [
            oh.ToolDescription.new(tool["name"], tool.get("description", ""), tool.get("parameters"))
            for tool in functions
        ]
        developer = developer.with_function_tools(described)
    if has_instructions or functions:
        messages.append(oh.Message.from_role_and_content(oh.Role.DEVELOPER, developer))
    names: dict[str, str] = {}
    answers = [at for at, message in enumerate(rest) if message["role"] == "assistant" and "tool_calls" not in message]
    last_answer = answers[-1] if answers else -1
    for at, message in enumerate(rest):
        content = [oh.TextContent(text=text) for text in texts(message["content"])]
        if message["role"] == "assistant":
            messages += _answer(message, content, names, shows_reasoning=at > last_answer)
        elif message["role"] == "tool":
            author = oh.Author(role=oh.Role.TOOL, name=f"functions.{names[message['tool_call_id']]}")
            result = oh.Message(author=author, content=content, channel="commentary", recipient="assistant")
            messages.append(result)
        else:
            author = oh.Author(role=oh.Role(message["role"]), name=message.get("name"))
            messages.append(oh.Message(author=author, content=content))
    conversation = oh.Conversation.from_messages(messages)
    return ENCODING.render_conversation_for_completion(conversation, oh.Role.ASSISTANT)


def _answer(message: dict[str, Any], content: list[Any], names: dict[str, str], *, shows_reasoning: bool) -> list[Any]:
    made = []
    calls = message.get("tool_calls", [])
    if shows_reasoning and "reasoning" in message:
        reasoning = oh.Message.from_role_and_content(oh.Role.ASSISTANT, message["reasoning"])
        made.append(reasoning.with_channel("analysis"))
    if content:
        channel = "commentary" if calls else "final"
        made.append(oh.Message(author=oh.Author(role=oh.Role.ASSISTANT), content=content, channel=channel))
    for call in calls:
        name = names[call["id"]] = call["function"]["name"]
        called = oh.Message.from_role_and_content(oh.Role.ASSISTANT, call["function"]["arguments"])
        made.append(
            called.with_channel("commentary").with_recipient(f"functions.{name}").with_content_type("json"),
        )
    return made


def jinja(template: jinja2.Template, body: dict[str, Any]) -> list[int]:
    """Render a request as Transformers does."""

    def adapted(message: dict[str, Any]) -> dict[str, Any]:
        message = {**message, "content": "\n".join(texts(message["content"]))}
        if "reasoning" in message:
            message["thinking"] = message.pop("reasoning")
        return message

    tools = [{"function": {"description": "", **tool["function"]}} for tool in body.get("tools", [])]
    text = template.render(
        messages=[adapted(message) for message in body["messages"]],
        tools=tools or None,
        add_generation_prompt=True,
        reasoning_effort=body.get("reasoning_effort", "medium"),
    )
    return ENCODING.encode(text, allowed_special="all")


def load(path: str) -> jinja2.Template:
    """Load the template."""
    # Prompts are text, and no page.
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701
    environment.globals["strftime_now"] = lambda _form: DATE
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment.from_string(Path(path).read_text(encoding="utf-8"))


def main() -> None:
    """Compare."""
    template, seed, count = load(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    for profile in PROFILES:
        chance = Chance(seed)
        for number in range(count):
            body = request(chance, profile)
            expected = harmony(body) if profile == "harmony" else jinja(template, body)
            made = trilogue.tokens.encode_prompt(body, profile=profile, date=DATE)
            counted = trilogue.tokens.count_prompt(body, profile=profile).tokens
            if made != expected or counted != len(made):
                text = trilogue.tokens.render_prompt(body, profile=profile, date=DATE)
                sys.exit(f"{profile}, request {number}: {json.dumps(body)}\n\n{ENCODING.decode(expected)}\n\n{text}")
        print(f"{profile}: {count} requests are equal; recorded: {summary(profile)}")


if __name__ == "__main__":
    main()
