"""The official OpenAI clients, whose chat completions and models are requested by this package.

`OpenAI` and `AsyncOpenAI` are subclasses of the classes of the package `openai`, so that frameworks accept them. Results are instances of its
types, and errors are also instances of its errors. Other endpoints are those of the official client.
"""

from __future__ import annotations

try:
    import openai as _official
except ImportError as error:
    _message = "trilogue.openai needs the official client: pip install openai"
    raise ImportError(_message, name=error.name, path=error.path) from error

from ._official.requests import AsyncRequests, BlockingRequests

__all__ = ["AsyncOpenAI", "OpenAI"]

_ENDPOINTS = {("post", "chat/completions"): "chat"}


class OpenAI(BlockingRequests, _official.OpenAI):
    """The official synchronous client, with requests through this package."""

    _core_endpoints = _ENDPOINTS
    _core_models = "models"
    _core_package = _official


class AsyncOpenAI(AsyncRequests, _official.AsyncOpenAI):
    """The official asynchronous client, with requests through this package."""

    _core_endpoints = _ENDPOINTS
    _core_models = "models"
    _core_package = _official
