"""Typed answers: the request for an answer of a type, the instances in a reply, and requests to correct an answer.

The core shapes requests, extracts the JSON of replies, and decides whether to send an answer back (`core/src/structured`). This module converts
JSON to instances.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from .._generated.errors import APIError
from .._generated.operations import operation
from .._schema.shape import MisfitError, shape_of
from .._sender import result_of, split
from .parsed import ParsedChatCompletion, ParsedMessage

if TYPE_CHECKING:
    from typing import Literal

    from .._schema.shape import Shape
    from .._sender import Sender

    Mode = Literal["json_schema", "json_object", "tool"]
    OnInvalid = Literal["raise", "reask"]

#: A `ParsedChatCompletion` or a `ParsedMessage`.
Answer = TypeVar("Answer", bound="ParsedChatCompletion[Any] | ParsedMessage[Any]")

#: The classes of answers, by endpoint.
ANSWERS: dict[str, type[Any]] = {"chat": ParsedChatCompletion, "messages": ParsedMessage}


class Plan(Generic[Answer]):
    """The request for an answer of a type."""

    def __init__(
        self,
        endpoint: Literal["chat", "messages"],
        request: dict[str, Any],
        of: Any,
        mode: Mode,
        *,
        strict: bool | None = None,
    ) -> None:
        """Shape a request. Raises TypeError for a type without a JSON form, InvalidRequestError for one that strict mode can't express."""
        self.endpoint = endpoint
        #: The class of the answer.
        self.kind: type[Answer] = ANSWERS[endpoint]
        #: The type; `None` for a schema.
        self.of: Any = None if isinstance(of, Mapping) else of
        self._body, self._options = split(request)
        if self.of is None:
            expected: dict[str, Any] = {"format": dict(of)}
        else:
            self.shape: Shape[Any] = shape_of(of)
            expected = {"schema": self.shape.schema, "name": self.shape.name}
        planned = operation("plan_answer", endpoint=endpoint, request=self._body, mode=mode, strict=strict, **expected)
        self._body, self.core = planned["request"], planned["plan"]
        if self.of is None:
            self.shape = shape_of(self.core["schema"])

    @property
    def request(self) -> dict[str, Any]:
        """The arguments of the next request."""
        return {**self._options, **self._body}

    @property
    def streamed(self) -> dict[str, Any]:
        """The arguments that open a stream whose JSON is parsed as it arrives."""
        return {**self.request, "structured": {"root": self.core["root"]}}

    def finish(
        self, reply: Answer, tries: list[Any], on_invalid: OnInvalid = "raise", max_reasks: int | None = None
    ) -> bool:
        """Set the instances of a reply; `False` if the next request is one for a corrected answer.

        Raises InvalidOutputError, LengthFinishReasonError, ContentFilterFinishReasonError.
        """
        try:
            answers = operation("read_answer", plan=self.core, reply=reply._data)
            problem, problems, cause = answers.get("problem"), None, None
            try:
                values = [
                    self.shape.convert(choice["value"]) if "value" in choice else None for choice in answers["values"]
                ]
            except MisfitError as error:
                values, problems, cause = [], error.to_json(), error
            if problem is None and problems is None:
                reply._set_values(values, tries)
                return True
            try:
                rejected = operation(
                    "reject_answer",
                    plan=self.core,
                    reply=reply._data,
                    request=self._body,
                    tries=len(tries),
                    problem=problem,
                    problems=problems,
                    on_invalid=on_invalid,
                    max_reasks=max_reasks,
                )
            except APIError as error:
                raise error from cause
        except APIError as error:
            error.tries = tries
            raise
        self._body = rejected["request"]
        return False

    def check(self, reply: Answer) -> None:
        """Raise the error that `finish` raises for a reply whose first choice has no complete JSON value."""
        data = reply._data
        first = {**data, "choices": data["choices"][:1]} if data.get("choices") else data
        problem = operation("read_answer", plan=self.core, reply=first).get("problem")
        if problem is not None:
            self.reject(reply, problem=problem)

    def reject(self, reply: Answer, **problems: Any) -> NoReturn:
        """Raise the InvalidOutputError of a streamed answer, or of a part of it."""
        operation("reject_answer", plan=self.core, reply=reply._data, tries=1, **problems)
        message = "a rejected answer was accepted"
        raise RuntimeError(message)

    def read(self, value: Any, shape: Shape[Any]) -> Any:
        """Convert a part of an answer. Raises MisfitError."""
        try:
            return shape.convert(value)
        except MisfitError:
            # Only strict mode's nulls can be removed. Few values have them, and converting is cheaper than looking for them.
            if not self.core["strict"]:
                raise
        return shape.convert(operation("remove_nulls", schema=shape.schema, value=value)["value"])

    def element(self, path: str, value: Any) -> Any:
        """Return an element at a path without the nulls of strict mode."""
        if not self.core["strict"] or not _has_null(value):
            return value
        return operation("read_element", plan=self.core, path=path, value=value)["value"]


def _has_null(value: Any) -> bool:
    """Return whether there is a null in a JSON value."""
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    return value is None or (isinstance(value, list) and any(map(_has_null, value)))


async def parse(sender: Sender, plan: Plan[Answer], on_invalid: OnInvalid, max_reasks: int) -> Answer:
    """Send the request until an answer fits, and return the answer."""
    if on_invalid not in ("raise", "reask"):
        message = f'on_invalid is {on_invalid!r}, but must be "raise" or "reask"'
        raise ValueError(message)
    tries: list[Any] = []
    while True:
        try:
            answer = result_of(plan.kind, await sender.call(plan.endpoint, plan.request))
        except APIError as error:
            error.tries = tries
            raise
        tries.append(answer.usage)
        if plan.finish(answer, tries, on_invalid, max_reasks):
            return answer
