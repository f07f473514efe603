"""The official Anthropic clients, whose messages and models are requested by this package.

`Anthropic` and `AsyncAnthropic` are subclasses of the classes of the package `anthropic`, so that frameworks accept them. Results are instances of
its types, and errors are also instances of its errors. Other endpoints are those of the official client.
"""

from __future__ import annotations

try:
    import anthropic as _official
except ImportError as error:
    _message = "trilogue.anthropic needs the official client: pip install anthropic"
    raise ImportError(_message, name=error.name, path=error.path) from error

from ._official.requests import AsyncRequests, BlockingRequests

__all__ = ["Anthropic", "AsyncAnthropic"]

_ENDPOINTS = {("post", "v1/messages"): "messages", ("post", "v1/messages/count_tokens"): "count_tokens"}


class Anthropic(BlockingRequests, _official.Anthropic):
    """The official synchronous client, with requests through this package."""

    _core_endpoints = _ENDPOINTS
    _core_models = "v1/models"
    _core_package = _official


class AsyncAnthropic(AsyncRequests, _official.AsyncAnthropic):
    """The official asynchronous client, with requests through this package."""

    _core_endpoints = _ENDPOINTS
    _core_models = "v1/models"
    _core_package = _official
