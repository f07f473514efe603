"""The official Anthropic clients, whose messages and models are requested by this package."""

import anthropic as _official
from typing_extensions import Self

from ._hooks.requests import EventHook, RequestHook, ResponseHook

__all__ = ["Anthropic", "AsyncAnthropic"]

class Anthropic(_official.Anthropic):
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

class AsyncAnthropic(_official.AsyncAnthropic):
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
