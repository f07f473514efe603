"""The replies to each script, and those that the official clients misread."""

from __future__ import annotations

from anthropic_replies import ANTHROPIC
from builders import Reply, chat, chunks, events_of, text_block, texts_of
from openai_replies import OPENAI

#: The replies to each script.
REPLIES: dict[str, list[Reply]] = {**OPENAI, **ANTHROPIC}


def cut(reply: Reply, frames: int) -> Reply:
    return {**reply, "body": reply["body"][:frames]}


def spoiled(reply: Reply, place: int, frame: str) -> Reply:
    return {**reply, "body": [*reply["body"][:place], frame, *reply["body"][place:]]}


_HELLO = chunks(*texts_of("Hel", "lo"), usage=False)
_HELLO_MESSAGE = events_of(text_block("Hel", "lo"))
_FROM_ONE = [
    {"tool_calls": [{"index": 1, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": part}}]}
    for part in ('{"a"', ": 1}")
]
_WITH_USAGE = chunks(*texts_of("Hi"))

#: The answers that the official clients misread, and the output of this package.
BETTER: dict[str, tuple[Reply, str]] = {
    "better/truncated": (cut(_HELLO, 2), "\nHel\nIncompleteStreamError\n"),
    "better/truncated_message": (cut(_HELLO_MESSAGE, 3), "IncompleteStreamError Hel\n"),
    "better/empty_data": (spoiled(_HELLO, 1, "data:\n\n"), "Hello\n"),
    "better/no_event_lines": (
        {**_HELLO_MESSAGE, "body": [frame.split("\n", 1)[1] for frame in _HELLO_MESSAGE["body"]]},
        "Hello\n",
    ),
    "better/tool_index": (
        chunks(*_FROM_ONE, reason="tool_calls", usage=False),
        "[('call_1', 'f', '{\"a\": 1}')]\n",
    ),
    "better/usage_null": (
        spoiled(_WITH_USAGE, -1, _WITH_USAGE["body"][1]),
        "29\n",
    ),
    "better/reasoning": (chat("Hello", reasoning_content="A greeting."), "A greeting. Hello\n"),
}
