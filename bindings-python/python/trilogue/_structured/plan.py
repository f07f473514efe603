"""Answers that are instances of a type: what is asked, what is made of the reply, and asking again.

Law: the core shapes requests and finds the JSON in replies; here it is read into instances. One loop serves both clients;
they only send.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._generated.errors import APIError, InvalidOutputError
from .._operations import operation
from .._schema.shape import MisfitError, shape_of
from .._sender import OPTIONS, as_list, result_of
from .parsed import ParsedChatCompletion, ParsedMessage

if TYPE_CHECKING:
    from typing import Literal

    from .._schema.shape import Shape
    from .._sender import Sender

    Mode = Literal["json_schema", "json_object", "tool"]
    OnInvalid = Literal["raise", "reask"]

#: A `ParsedChatCompletion` or a `ParsedMessage`.
Answer = TypeVar("Answer", bound="ParsedChatCompletion[Any] | ParsedMessage[Any]")

_ANSWERS: dict[str, type[Any]] = {"chat": ParsedChatCompletion, "messages": ParsedMessage}
#: How replies say that tools are called.
_CALLS = {"tool_calls", "tool_use", "function_call"}


def body_of(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of the arguments that is sent, as the core takes it."""
    body = {name: value for name, value in request.items() if value is not None and name not in OPTIONS}
    body["messages"] = as_list(body.get("messages", ()))
    return body


class Plan(Generic[Answer]):
    """What an answer shall be, and how it is asked for."""

    def __init__(
        self, endpoint: str, request: Mapping[str, Any], of: Any, mode: Mode, *, strict: bool | None = None
    ) -> None:
        """Shape a request. Raises TypeError for a type that JSON has no form for, InvalidRequestError for one that strict mode has none for."""
        self.endpoint = endpoint
        self._kind: type[Answer] = _ANSWERS[endpoint]
        body = body_of(request)
        #: The type; `None` for a schema.
        self.of: Any = None if isinstance(of, Mapping) else of
        wire = of if isinstance(of, Mapping) else {}
        output: dict[str, Any] = {"mode": mode}
        if wire.get("type") == "json_object":
            # The format itself, not a schema: any object will do.
            self.shape: Shape[Any] = shape_of({})
            body["response_format"] = wire
            self.output = {"name": "answer", "schema": {}, "mode": "json_object", "strict": False, "root": "object"}
        else:
            if wire.get("type") == "json_schema":
                wire = wire.get("json_schema") or wire
                of = wire.get("schema")
                output.update({name: wire[name] for name in ("name", "description") if name in wire})
                # The argument wins over the format's own.
                strict = wire.get("strict") if strict is None else strict
            output["strict"] = strict is not False
            self.shape = shape_of(of)
            output = {
                "name": self.shape.name,
                "schema": self.shape.schema,
                "description": self.shape.description,
                **output,
            }
            shaped = operation("structure", endpoint=endpoint, request=body, output=output)
            body, self.output = shaped["request"], shaped["output"]
        #: The arguments as they are sent.
        self.request = {**{name: value for name, value in request.items() if name in OPTIONS}, **body}

    def ask_again(self, reply: dict[str, Any], problem: str) -> None:
        """Change the request into one that tells the model what was wrong with its answer."""
        again = operation(
            "reask",
            endpoint=self.endpoint,
            request=body_of(self.request),
            reply=reply,
            output=self.output,
            problem=problem,
        )
        self.request |= again["request"]

    def finish(self, reply: Answer, tries: list[Any]) -> Answer:
        """Put the instances beside a reply. Raises InvalidOutputError, LengthFinishReasonError, ContentFilterFinishReasonError."""
        data = reply._data
        try:
            values = [self._value(part, reply) for part in _parts(data)]
        except APIError as error:
            error.tries = tries
            raise
        reply._set_values(values, tries)
        return reply

    @property
    def streamed(self) -> dict[str, Any]:
        """The arguments as a stream is opened with: its JSON is parsed while it comes."""
        return {**self.request, "structured": {"root": self.output["root"]}}

    def check(self, reply: Answer) -> None:
        """Raise what `finish` raises for a reply that holds no whole JSON value."""
        for part in _parts(reply._data)[:1]:
            self.json(part, reply._data)

    def read(self, value: Any, shape: Shape[Any]) -> Any:
        """Read a part of an answer. Raises MisfitError."""
        try:
            return shape.convert(value)
        except MisfitError:
            # Nulls that stand for members left out are few, and finding them costs more than trying.
            if not self.output["strict"]:
                raise
        return shape.convert(_tidied(value, shape))

    def element(self, path: str, value: Any) -> Any:
        """Return an element at a path without the nulls of strict mode."""
        if not self.output["strict"] or not _has_null(value):
            return value
        return operation("element", endpoint=self.endpoint, output=self.output, path=path, value=value)["value"]

    def misfit(self, error: MisfitError, reply: Answer, inside: str = "") -> InvalidOutputError:
        """Make the error of a value that doesn't fit, which stands at the path `inside` of the answer."""
        problems = [(inside + path, what) for path, what in error.problems]
        text = "\n".join(f"{path or '(root)'}: {what}" for path, what in problems)
        return _invalid(f"the answer doesn't fit {self.shape.name}:\n{text}", reply._data, problems)

    @property
    def kind(self) -> type[Answer]:
        """The result's class."""
        return self._kind

    def json(self, part: dict[str, Any], whole: dict[str, Any]) -> tuple[bool, Any]:
        """Find the JSON value of an answer; `False` where the model refused or called a tool instead."""
        found = operation("extract", endpoint=self.endpoint, reply=part, output=self.output)
        if "value" in found:
            return True, found["value"]
        problem = found["problem"]
        choice = part["choices"][0] if part.get("choices") else part
        calls = self.output["mode"] != "tool" and (choice.get("finish_reason") or choice.get("stop_reason")) in _CALLS
        if calls or problem["kind"] == "refusal":
            return False, None
        raise _invalid(problem["message"], whole, [("", problem["message"])])

    def _value(self, part: dict[str, Any], reply: Answer) -> Any:
        is_there, value = self.json(part, reply._data)
        try:
            return self.shape.convert(value) if is_there else None
        except MisfitError as error:
            raise self.misfit(error, reply) from error


def _tidied(value: Any, shape: Shape[Any]) -> Any:
    """Return a part of a strict answer without the nulls that stand for members left out."""
    from json import dumps

    message = {"role": "assistant", "content": dumps(value)}
    output = {"name": "answer", "schema": shape.schema, "mode": "json_schema", "strict": True, "root": "any"}
    return operation("extract", endpoint="chat", reply={"choices": [{"message": message}]}, output=output)["value"]


def _has_null(value: Any) -> bool:
    """Whether there is a null in a JSON value."""
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    return value is None or (isinstance(value, list) and any(map(_has_null, value)))


def _parts(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each choice as a completion of its own; a message is one."""
    choices = data.get("choices") or []
    return [{**data, "choices": [choice]} for choice in choices] if len(choices) > 1 else [data]


def _invalid(message: str, whole: dict[str, Any], problems: list[tuple[str, str]]) -> InvalidOutputError:
    return InvalidOutputError(message, {"kind": "InvalidOutputError", "partial": whole, "errors": problems})


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
        try:
            return plan.finish(answer, tries)
        except InvalidOutputError as error:
            if on_invalid == "raise" or len(tries) > max_reasks:
                raise
            problem = "\n".join(f"{path}: {what}" if path else what for path, what in error.errors)
            plan.ask_again(answer._data, problem)
