"""Receives one streamed answer, and passes its text to a view.

After an error or Ctrl-C the part received so far is kept. Nothing here writes to the terminal.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._generated.constants import LENGTH_REASONS

if TYPE_CHECKING:
    from trilogue import APIError, AsyncClient

    from .display.output import View
    from .settings import Settings


@dataclass
class Answer:
    """A received answer, and how it ended."""

    texts: list[str] = field(default_factory=list[str])
    #: The finish reason.
    reason: str | None = None
    #: The completion or message so far.
    result: Any = None
    error: APIError | None = None
    cancelled: bool = False
    sent: float = field(default_factory=time.monotonic)
    began: float | None = None
    ended: float | None = None

    @property
    def content(self) -> str:
        """The text so far."""
        return "".join(self.texts)

    @property
    def is_whole(self) -> bool:
        """Whether the answer has ended regularly."""
        return self.error is None and not self.cancelled

    @property
    def first(self) -> float | None:
        """Seconds to the first text or reasoning."""
        return None if self.began is None else self.began - self.sent

    @property
    def writing(self) -> float:
        """Seconds from the first text to the end."""
        return 0.0 if self.began is None or self.ended is None else self.ended - self.began

    @property
    def calls_tools(self) -> bool:
        """Whether the model called tools."""
        return self.reason in ("tool_calls", "tool_use")

    @property
    def note(self) -> str | None:
        """A remark for the user on how the answer ended."""
        if self.reason in LENGTH_REASONS:
            return "the answer stopped at its length limit; --max-tokens raises it"
        if self.reason in ("content_filter", "refusal"):
            return "the provider's content filter stopped the answer"
        if self.calls_tools:
            return "the model called tools, which are not run here"
        return "the answer is empty" if self.is_whole and not self.content.strip() else None


def receive(settings: Settings, client: AsyncClient, request: dict[str, Any], view: View) -> Answer:
    """Send a request, show the answer in a view, and return it. Ctrl-C stops the answer and closes its connection."""
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

    refreshing = asyncio.ensure_future(view.refresh())
    try:
        await _read(settings, client, request, view, answer)
    except APIError as error:
        answer.error = error
        answer.result = error.partial or answer.result
    finally:
        refreshing.cancel()
        # If refreshing has failed, `view.finish` fails in the same way.
        await asyncio.gather(refreshing, return_exceptions=True)


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
