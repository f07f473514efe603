"""The official OpenAI clients, whose chat completions and models are requested by this package."""

import openai as _official
from typing_extensions import Self

from ._hooks.requests import EventHook, RequestHook, ResponseHook

__all__ = ["AsyncOpenAI", "OpenAI"]

class AsyncOpenAI(_official.AsyncOpenAI):
    """The official asynchronous client, with requests through this package."""

    def with_hooks(
        self,
        *,
        on_request: RequestHook | None = None,
        on_response: ResponseHook | None = None,
        on_event: EventHook | None = None,
    ) -> Self:
        """Return a copy with these hooks, for the requests that this package sends. It has connections of its own.

        The hooks are those of `trilogue.Client`; `on_event` gets the official client's objects.
        """

class OpenAI(_official.OpenAI):
    """The official synchronous client, with requests through this package."""

    def with_hooks(
        self,
        *,
        on_request: RequestHook | None = None,
        on_response: ResponseHook | None = None,
        on_event: EventHook | None = None,
    ) -> Self:
        """Return a copy with these hooks, for the requests that this package sends. It has connections of its own.

        The hooks are those of `trilogue.Client`; `on_event` gets the official client's objects.
        """
