"""Requests as source text.

Law: hands arguments on; what a snippet is, the core decides.
"""

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
    language can't honour, TypeError for an object that JSON has no form for.

    Args:
        request: The request's fields: the arguments of `create`, or the body as a server takes it.
        language: What it is written in; `curl` is a command for bash.
        style: With this package's `client`, the default where the language has one, or in plain `http` with nothing to install.
        endpoint: Where the request goes.
        stream: Whether the answer is shown while it comes; else as the request's own `stream` says.
        base_url: Where the endpoint is; else ModelsLab's.
        key_variable: The environment variable of the key; else `MODELSLAB_API_KEY`, or none where the base URL is on this machine.
        auth: As the client's option.
        model_field: As the client's option.
        headers: Headers on top of those that the endpoint needs. Keys among them come from the environment too.
        asynchronous: In Python with the client: `AsyncClient`.
        page: In JavaScript: for a page, which asks its user for the key.

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
