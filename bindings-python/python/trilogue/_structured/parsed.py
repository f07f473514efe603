"""Answers with the instance of a type.

The instance and the usage of each try are attributes in addition to the data of the server, which stays unchanged and can be sent back.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._generated.types import ChatCompletion, ChatMessage, Choice, FunctionCall, Message, ToolCall
from .._objects.model import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

    from .._generated.types import MessageUsage, Usage

T = TypeVar("T")


class _Parsed(Model):
    """Members that both kinds of answer share."""

    def _set_values(self, values: Sequence[Any], tries: Sequence[Any]) -> Self:
        """Set the instances and the usage of each try."""
        self.__dict__["_values"] = list(values)
        self.__dict__["tries"] = list(tries)
        return self

    @property
    def _extras(self) -> tuple[list[Any], list[Any]]:
        return self.__dict__.get("_values", []), self.__dict__.get("tries", [])

    def __copy__(self) -> Self:
        return super().__copy__()._set_values(*self._extras)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return super().__deepcopy__(memo)._set_values(*copy.deepcopy(self._extras, memo))

    def __reduce__(self) -> Any:
        return _restore, (super().__reduce__(), *self._extras)


def _restore(reduced: tuple[Any, ...], values: list[Any], tries: list[Any]) -> _Parsed:
    restore, arguments = reduced
    answer: _Parsed = restore(*arguments)
    return answer._set_values(values, tries)


class ParsedFunction(FunctionCall):
    """A called function, with its arguments read into the model of `pydantic_function_tool`."""

    if TYPE_CHECKING:
        parsed_arguments: Any
        """The instance; a dict for another function with `strict`, else `None`."""

    _fields = {**FunctionCall._fields, "parsed_arguments": None}  # noqa: RUF012


class ParsedToolCall(ToolCall):
    """A tool call, with its arguments read into a model."""

    if TYPE_CHECKING:
        function: ParsedFunction  # pyright: ignore[reportIncompatibleVariableOverride]
        """The called function."""

    _fields = {**ToolCall._fields, "function": ParsedFunction}  # noqa: RUF012


class ParsedChatMessage(ChatMessage, Generic[T]):
    """The model's message, with the instance of its answer."""

    if TYPE_CHECKING:
        parsed: T | None
        """The instance; `None` if the model refused, or called a tool instead."""

        tool_calls: list[ParsedToolCall] | None  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]
        """Tool calls by the model."""

    _fields = {**ChatMessage._fields, "parsed": None, "tool_calls": ParsedToolCall}  # noqa: RUF012


class ParsedChoice(Choice, Generic[T]):
    """One of the choices."""

    if TYPE_CHECKING:
        message: ParsedChatMessage[T]  # pyright: ignore[reportIncompatibleVariableOverride]
        """The model's message."""

    _fields = {**Choice._fields, "message": ParsedChatMessage}  # noqa: RUF012


class ParsedChatCompletion(_Parsed, ChatCompletion, Generic[T]):
    """A chat completion with instances of a type."""

    if TYPE_CHECKING:
        choices: list[ParsedChoice[T]]  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]
        """The choices: one, or `n`."""

        tries: list[Usage | None]
        """The usage of each try: of the first request, and of each time that the answer was sent back."""

    _fields = {**ChatCompletion._fields, "choices": ParsedChoice}  # noqa: RUF012

    def _set_values(self, values: Sequence[Any], tries: Sequence[Any]) -> Self:
        for choice, value in zip(self.choices or [], values, strict=False):
            choice.message.__dict__["parsed"] = value
        return super()._set_values(values, tries)

    @property
    def parsed(self) -> T | None:
        """The instance of the first choice; `None` if the model refused, or called a tool instead."""
        return self.choices[0].message.parsed if self.choices else None


class ParsedMessage(_Parsed, Message, Generic[T]):
    """A message with an instance of a type."""

    if TYPE_CHECKING:
        tries: list[MessageUsage | None]
        """The usage of each try: of the first request, and of each time that the answer was sent back."""

    def _set_values(self, values: Sequence[Any], tries: Sequence[Any]) -> Self:
        block = next((block for block in self.content or [] if block.type == "text"), None)
        if block is not None and values:
            block.__dict__["parsed_output"] = values[0]
        return super()._set_values(values, tries)

    @property
    def parsed(self) -> T | None:
        """The instance; `None` if the model refused, or called a tool instead."""
        values: list[Any] = self._extras[0]
        return values[0] if values else None

    #: The name of the official client.
    parsed_output = parsed
