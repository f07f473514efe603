"""A finished row of a batch: its line in the log, whose parts are read when they are used."""

from __future__ import annotations

from json import loads
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from decimal import Decimal
    from typing import Any, Literal

    from .._generated.errors import APIError
    from .._generated.types import ChatCompletion, Message
    from .._structured.plan import Plan

Row = TypeVar("Row")
_UNREAD: Any = object()


class BatchRow(Generic[Row]):
    """A row of a batch with its answer, or with its error."""

    __slots__ = ("_answer", "_line", "_plan", "_problem", "_text", "index", "row")

    index: int
    """The position of the row in the input, from 0."""

    row: Row
    """The row, as the program handed it over."""

    def __init__(self, index: int, row: Row, text: str, plan: Plan[Any] | None = None) -> None:
        self.index = index
        self.row = row
        self._text = text
        self._plan = plan
        self._line: Any = None
        self._answer: Any = _UNREAD
        self._problem: APIError | None = None

    def __repr__(self) -> str:
        return f"BatchRow(index={self.index}, custom_id={self.custom_id!r}, outcome={self.outcome!r})"

    @property
    def line(self) -> dict[str, Any]:
        """The line of the log: OpenAI's output line with `usage`, `cost`, `attempts`, `ms` and `outcome`."""
        if self._line is None:
            self._line = loads(self._text)
        line: dict[str, Any] = self._line
        return line

    @property
    def custom_id(self) -> str:
        """The name of the row: its `custom_id`, else `row-N`."""
        custom_id: str = self.line["custom_id"]
        return custom_id

    @property
    def outcome(self) -> Literal["answered", "failed"]:
        """Whether the row has an answer or an error."""
        outcome: Literal["answered", "failed"] = self.line["outcome"]
        return outcome

    @property
    def answer(self) -> ChatCompletion | Message | None:
        """The answer; `None` if the row has failed."""
        if self._answer is _UNREAD:
            self._answer = self._read_answer()
        answer: ChatCompletion | Message | None = self._answer
        return answer

    @property
    def text(self) -> str | None:
        """The text of the answer; `None` if the row has failed, or if its answer has no text."""
        answer: Any = self.answer
        if answer is None:
            return None
        if "content" in answer._data:
            text: str = answer.text
            return text
        choices = answer._data.get("choices") or [{}]
        content: str | None = (choices[0].get("message") or {}).get("content")
        return content

    @property
    def parsed(self) -> Any:
        """The instance of `response_format`; `None` if the row has failed, or its answer does not have the type."""
        answer: Any = self.answer
        if answer is None or self._plan is None or self._problem is not None:
            return None
        return answer.choices[0].message.parsed

    @property
    def error(self) -> APIError | None:
        """The error of the row, or of an answer that does not have the type `response_format`; else `None`."""
        if self.answer is not None:
            return self._problem
        from .._generated.errors import from_parts

        described, response = self.line["error"], self.line.get("response") or {}
        return from_parts(
            {
                "kind": described["type"],
                "message": described["message"],
                "code": described["code"],
                "param": described["param"],
                "partial": described.get("partial"),
                "status": response.get("status_code"),
                "request_id": response.get("request_id"),
                "body": response.get("body"),
                "retries_taken": self.attempts - 1,
                "attempts": self.line.get("tried", []),
            }
        )

    @property
    def usage(self) -> dict[str, int] | None:
        """`input_tokens`, those of caches included, and `output_tokens`; `None` if they are unknown."""
        usage: dict[str, int] | None = self.line["usage"]
        return usage

    @property
    def cost(self) -> Decimal | None:
        """The cost in dollars; `None` if it is unknown."""
        from .._objects.amounts import amount

        cost: str | None = self.line["cost"]
        return None if cost is None else amount(cost)

    @property
    def attempts(self) -> int:
        """How often the request was sent."""
        attempts: int = self.line["attempts"]
        return attempts

    @property
    def elapsed(self) -> float:
        """The time from the first attempt to the end of the answer, in seconds."""
        elapsed: float = self.line["ms"] / 1000
        return elapsed

    def _read_answer(self) -> Any:
        line = self.line
        if line["outcome"] == "failed":
            return None
        body = line["response"]["body"]
        plan = self._plan
        if plan is None:
            from .._generated.types import ChatCompletion, Message

            return ChatCompletion(body) if "choices" in body else Message(body)
        from .._generated.errors import APIError

        answer = plan.kind(body)
        try:
            plan.finish(answer, [answer.usage])
        except APIError as error:
            self._problem = error
        return answer
