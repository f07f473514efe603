"""Errors that are instances of an error class of this package and of the official client's class of the same name."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

    from .._generated.errors import APIError


def translate(error: APIError, package: Any, request: Any) -> APIError:
    """Return the error for a program of the official client, with the attributes of both classes."""
    own: Any = type(error)
    official: Any = _official_class(own, package)
    kind = _combine(own, official)
    result: Any = kind.__new__(kind, error.message)
    result.__dict__.update(error.__dict__)
    body = error.body
    if issubclass(official, package.APIStatusError):
        response = _response(error, request)
        # OpenAI's client unwraps the error.
        if package.__name__ == "openai" and isinstance(body, dict) and isinstance(body.get("error"), dict):
            body = body["error"]
        package.APIStatusError.__init__(result, error.message, response=response, body=body)
    elif issubclass(official, package.APIError):
        package.APIError.__init__(result, error.message, request, body=body)
    for name, value in error.__dict__.items():
        if result.__dict__.get(name) is None:
            result.__dict__[name] = value
    return result  # type: ignore[no-any-return]


def _official_class(own: type[APIError], package: ModuleType) -> type[Exception]:
    """Return the official class with the name of this package's class, or of its nearest base."""
    for kind in own.__mro__:
        official = getattr(package, kind.__name__, None)
        if isinstance(official, type) and issubclass(official, Exception):
            return official
    return Exception


@cache
def _combine(own: Any, official: Any) -> Any:
    """Return the class of errors that are instances of both classes."""
    members = {
        "__doc__": own.__doc__,
        "__module__": official.__module__.partition(".")[0],
        "__reduce__": _reduce,
        # The official class sets it; in this package it is a property.
        "response": None,
    }
    return type(own.__name__, (own, official), members)


def _reduce(error: Any) -> Any:
    own, official = type(error).__bases__
    return _restore, (own, official, error.message, dict(error.__dict__))


def _restore(own: Any, official: Any, message: str, fields: dict[str, Any]) -> Any:
    """Create a copy of an error."""
    kind = _combine(own, official)
    copied = kind.__new__(kind, message)
    copied.__dict__.update(fields)
    return copied


def _response(error: APIError, request: Any) -> Any:
    """Return the response of an error as the official client has it."""
    import json
    import sys

    httpx: Any = sys.modules[type(request).__module__.partition(".")[0]]
    body = error.body
    content = body if isinstance(body, str) else "" if body is None else json.dumps(body, ensure_ascii=False)
    headers = [(name, value) for name, value in error._headers if not name.startswith(("content-", "transfer-"))]
    if body is not None and not isinstance(body, str):
        headers.append(("content-type", "application/json"))
    return httpx.Response(error.status_code, headers=headers, content=content.encode(), request=request)
