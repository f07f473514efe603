"""The official Anthropic clients, whose messages and models are requested by this package."""

import anthropic as _official

__all__ = ["Anthropic", "AsyncAnthropic"]

class Anthropic(_official.Anthropic):
    """The official synchronous client, with requests through this package."""

class AsyncAnthropic(_official.AsyncAnthropic):
    """The official asynchronous client, with requests through this package."""
