"""A conversation: what was said, and what it cost so far.

Law: a list of messages that alternate, and its file. Sends and prints nothing. Texts of answers alone are kept, since thoughts are
not sent back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from .cost import Figures

#: Told to the model after an answer that was not finished.
CUT = "[This answer was cut off here.]"


class FileError(Exception):
    """A file holds no conversation; the message says what is wrong."""


@dataclass
class Entry:
    """One message."""

    role: str
    content: str
    #: Whether the answer ended before its end: it was cancelled, or its stream was cut.
    incomplete: bool = False

    def as_sent(self) -> str:
        """Return the text that the model sees."""
        return f"{self.content}\n\n{CUT}" if self.incomplete else self.content


@dataclass
class Totals:
    """What the answers of a conversation used."""

    answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal = Decimal(0)
    #: Answers whose price is not known.
    unpriced: int = 0

    def add(self, figures: Figures) -> None:
        """Add an answer's."""
        self.answers += 1
        self.input_tokens += figures.input_tokens or 0
        self.output_tokens += figures.output_tokens or 0
        if figures.cost is None:
            self.unpriced += 1
        else:
            self.cost += figures.cost


@dataclass
class Conversation:
    """Messages and totals."""

    entries: list[Entry] = field(default_factory=list[Entry])
    totals: Totals = field(default_factory=Totals)
    #: The last question that got no answer: `/retry` asks it again.
    unanswered: str | None = None

    def ask(self, question: str) -> list[Entry]:
        """Return the messages to send for a question, which becomes part of the conversation with its answer."""
        self.unanswered = question
        return [*self.entries, Entry("user", question)]

    def answer(self, text: str, *, incomplete: bool) -> None:
        """Keep the answer to the last question. One with no text is none."""
        if self.unanswered is not None and text.strip():
            self.entries += [Entry("user", self.unanswered), Entry("assistant", text, incomplete)]
            self.unanswered = None

    def take_back(self) -> str | None:
        """Remove the last question and its answer, and return the question; `None` where there is none."""
        if self.unanswered is not None:
            question, self.unanswered = self.unanswered, None
            return question
        for index in reversed(range(len(self.entries))):
            if self.entries[index].role == "user":
                question = self.entries[index].content
                del self.entries[index:]
                return question
        return None

    def save(self, path: Path, model: str, system: str | None) -> None:
        """Write the messages as JSON. Raises OSError."""
        messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
        for entry in self.entries:
            mark = {"incomplete": True} if entry.incomplete else {}
            messages.append({"role": entry.role, "content": entry.content, **mark})
        value = {"model": model, "messages": messages}
        path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def load(path: Path) -> tuple[Conversation, str | None, str | None]:
    """Read a file of `save`, or any list of messages with texts; return it with its model and its system message.

    Raises OSError and FileError.
    """
    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        message = f"{path} is no JSON: {error}"
        raise FileError(message) from error
    fields: dict[str, Any] = value if isinstance(value, dict) else {"messages": value}
    messages = fields.get("messages")
    if not isinstance(messages, list):
        message = f'{path} holds no conversation: {{"messages": [{{"role": …, "content": …}}]}} is expected'
        raise FileError(message)
    conversation, system = Conversation(), None
    for number, item in enumerate(messages):
        entry = _entry(item)
        if entry is None:
            message = f"message {number} of {path} is none with a role and a text"
            raise FileError(message)
        if entry.role in ("system", "developer"):
            system = entry.content
        else:
            conversation.entries.append(entry)
    if conversation.entries and conversation.entries[-1].role == "user":
        conversation.unanswered = conversation.entries.pop().content
    model = fields.get("model")
    return conversation, model if isinstance(model, str) else None, system


def _entry(item: Any) -> Entry | None:
    if not isinstance(item, dict):
        return None
    fields: dict[str, Any] = item
    role, content = fields.get("role"), fields.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    if role not in ("system", "developer", "user", "assistant") or not isinstance(content, str):
        return None
    return Entry(role, content, bool(fields.get("incomplete")))
