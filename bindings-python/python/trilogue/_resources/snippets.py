"""Requests as programs in several languages. The core writes the text."""

from __future__ import annotations

from .. import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal


def snippet(
    request: Mapping[str, Any],
    *,
    language: Literal["python", "javascript", "curl", "php"] = "python",
    style: Literal["client", "http"] | None = None,
    endpoint: Literal["chat", "messages", "count_tokens"] = "chat",
    stream: bool | None = None,
    base_url: str | None = None,
    key_variable: str | None = None,
    auth: Literal["bearer", "x-api-key", "body-key"] | None = None,
    model_field: Literal["model", "model_id"] | None = None,
    headers: Mapping[str, str] | None = None,
    asynchronous: bool = False,
    page: bool = False,
) -> str:
    """Return a program that sends a request, as source text. Its key comes from the environment, and is never in the text.

    Raises InvalidRequestError for a request that `create` would refuse, ConfigurationError for an option that is wrong or that the
    language doesn't support, TypeError for an object without a JSON form.

    Args:
        request: The fields of the request: the arguments of `create`, or the body of an HTTP request.
        language: The language; `curl` is a command for bash.
        style: `client` uses this package, and is the default if the language has it; `http` needs nothing to be installed.
        endpoint: The endpoint of the request.
        stream: Whether the answer is streamed; by default the request's own `stream`.
        base_url: The URL of the endpoint; by default ModelsLab's.
        key_variable: The environment variable of the key; by default `MODELSLAB_API_KEY`, or none if the base URL is on this machine.
        auth: As the client's option.
        model_field: As the client's option.
        headers: Headers in addition to those that the endpoint needs. Keys in them are read from the environment too.
        asynchronous: Python with the client: use `AsyncClient`.
        page: JavaScript: write a page that asks its user for the key.

    """
    given = {
        "language": language,
        "style": style,
        "stream": stream,
        "base_url": base_url,
        "key_variable": key_variable,
        "auth": auth,
        "model_field": model_field,
        "headers": None if headers is None else dict(headers),
        "asynchronous": asynchronous,
        "page": page,
    }
    options = {name: value for name, value in given.items() if value is not None}
    return _native.snippet(endpoint, dict(request), options)
