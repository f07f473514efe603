"""Answers with the instance that their JSON was read into.

Law: the instance and each try's usage stand beside what the server sent, which stays as it was: sent back, it is the answer alone.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._generated.types import ChatCompletion, ChatMessage, Choice, Message
from .._objects.model import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

    from .._generated.types import MessageUsage, Usage

T = TypeVar("T")


class _Kept(Model):
    """What both kinds of answer share."""

    def _keep(self, values: Sequence[Any], tries: Sequence[Any]) -> Self:
        """Put the instances beside the answer."""
        self.__dict__["_values"] = list(values)
        self.__dict__["tries"] = list(tries)
        return self

    @property
    def _beside(self) -> tuple[list[Any], list[Any]]:
        return self.__dict__.get("_values", []), self.__dict__.get("tries", [])

    def __copy__(self) -> Self:
        return super().__copy__()._keep(*self._beside)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return super().__deepcopy__(memo)._keep(*copy.deepcopy(self._beside, memo))

    def __reduce__(self) -> Any:
        return _with_values, (super().__reduce__(), *self._beside)


def _with_values(made: tuple[Any, ...], values: list[Any], tries: list[Any]) -> _Kept:
    make, arguments = made
    answer: _Kept = make(*arguments)
    return answer._keep(values, tries)


class ParsedChatMessage(ChatMessage, Generic[T]):
    """What the model said, with the instance that it was read into."""

    if TYPE_CHECKING:
        parsed: T | None
        """The instance; `None` where the model refused, or called a tool instead."""

    _fields = {**ChatMessage._fields, "parsed": None}  # noqa: RUF012


class ParsedChoice(Choice, Generic[T]):
    """One of the answers."""

    if TYPE_CHECKING:
        message: ParsedChatMessage[T]  # pyright: ignore[reportIncompatibleVariableOverride]
        """What the model said."""

    _fields = {**Choice._fields, "message": ParsedChatMessage}  # noqa: RUF012


class ParsedChatCompletion(_Kept, ChatCompletion, Generic[T]):
    """A whole answer, read into instances of a type."""

    if TYPE_CHECKING:
        choices: list[ParsedChoice[T]]  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]
        """The answers: one, or as many as `n` asked for."""

        tries: list[Usage | None]
        """The tokens that each try used: one, and one more for each time that the model was asked again."""

    _fields = {**ChatCompletion._fields, "choices": ParsedChoice}  # noqa: RUF012

    def _keep(self, values: Sequence[Any], tries: Sequence[Any]) -> Self:
        for choice, value in zip(self.choices or [], values, strict=False):
            choice.message.__dict__["parsed"] = value
        return super()._keep(values, tries)

    @property
    def parsed(self) -> T | None:
        """The instance of the first choice; `None` where the model refused, or called a tool instead."""
        return self.choices[0].message.parsed if self.choices else None


class ParsedMessage(_Kept, Message, Generic[T]):
    """A whole message, read into an instance of a type."""

    if TYPE_CHECKING:
        tries: list[MessageUsage | None]
        """The tokens that each try used: one, and one more for each time that the model was asked again."""

    @property
    def parsed(self) -> T | None:
        """The instance; `None` where the model refused, or called a tool instead."""
        values: list[Any] = self._beside[0]
        return values[0] if values else None

    #: What the official client calls it.
    parsed_output = parsed
