"""One answer, from the request to its last word.

Law: sends a request, hands what comes to a view, and tells how it ended; errors and Ctrl-C are ends like others, and what came
before them is kept. Nothing here writes to the terminal.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from .cost import Figures, figures_of

if TYPE_CHECKING:
    from trilogue import APIError, AsyncClient

    from .settings import Settings


class View(Protocol):
    """What shows one answer."""

    def text(self, text: str) -> None:
        """Take more of the answer."""

    def reasoning(self, text: str) -> None:
        """Take more of what the model thinks before it answers."""

    async def keep_up(self) -> None:
        """Show what was taken, again and again, until cancelled."""

    def finish(self) -> None:
        """Show all that was taken; nothing more comes."""


@dataclass
class Answer:
    """How an answer came and ended."""

    texts: list[str] = field(default_factory=list[str])
    #: Why the model stopped, as the server says it.
    reason: str | None = None
    #: The completion or message, as far as it came.
    result: Any = None
    error: APIError | None = None
    cancelled: bool = False
    asked: float = field(default_factory=time.monotonic)
    began: float | None = None
    ended: float | None = None

    @property
    def content(self) -> str:
        """The text, as far as it came."""
        return "".join(self.texts)

    @property
    def is_whole(self) -> bool:
        """Whether it came to its end."""
        return self.error is None and not self.cancelled

    @property
    def figures(self) -> Figures:
        """What it used."""
        return figures_of(self.result)

    @property
    def first(self) -> float | None:
        """Seconds to the first text or thought."""
        return None if self.began is None else self.began - self.asked

    @property
    def writing(self) -> float:
        """Seconds from the first text to the end."""
        return 0.0 if self.began is None or self.ended is None else self.ended - self.began

    @property
    def asks_for_tools(self) -> bool:
        """Whether the model wants functions to be called."""
        return self.reason in ("tool_calls", "tool_use")

    @property
    def note(self) -> str | None:
        """What the user should know of how the model stopped."""
        if self.reason in ("length", "max_tokens"):
            return "the answer stopped at its length limit; --max-tokens raises it"
        if self.reason in ("content_filter", "refusal"):
            return "the provider's content filter stopped the answer"
        if self.asks_for_tools:
            return "the model asked for tools, which are not run here"
        return "the answer is empty" if self.is_whole and not self.content.strip() else None


def receive(settings: Settings, client: AsyncClient, request: dict[str, Any], view: View) -> Answer:
    """Ask, show what comes in the view, and return how it ended. Ctrl-C ends the answer and closes its connection."""
    answer = Answer()
    try:
        asyncio.run(_receive(settings, client, request, view, answer))
    except KeyboardInterrupt:
        answer.cancelled = True
    finally:
        answer.ended = time.monotonic()
        view.finish()
    return answer


async def _receive(
    settings: Settings, client: AsyncClient, request: dict[str, Any], view: View, answer: Answer
) -> None:
    from trilogue import APIError

    keeping_up = asyncio.ensure_future(view.keep_up())
    try:
        await _read(settings, client, request, view, answer)
    except APIError as error:
        answer.error = error
        answer.result = error.partial or answer.result
    finally:
        keeping_up.cancel()
        # What it fails of, the view's end fails of too.
        await asyncio.gather(keeping_up, return_exceptions=True)


async def _read(settings: Settings, client: AsyncClient, request: dict[str, Any], view: View, answer: Answer) -> None:
    create: Any = (client.messages if settings.format == "anthropic" else client.chat.completions).create
    async with await create(stream=True, **settings.streamed(request)) as stream:
        try:
            async for event in stream.events:
                kind = event.type
                if event.get("choice", 0) != 0:
                    continue
                if kind in ("text", "refusal"):
                    answer.began = answer.began or time.monotonic()
                    answer.texts.append(event.text)
                    view.text(event.text)
                elif kind == "reasoning":
                    answer.began = answer.began or time.monotonic()
                    view.reasoning(event.text)
                elif kind == "finish":
                    answer.reason = event.reason
        finally:
            answer.result = stream.current_completion_snapshot
