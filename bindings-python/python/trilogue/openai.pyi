"""The official OpenAI clients, whose chat completions and models are requested by this package."""

import openai as _official

__all__ = ["AsyncOpenAI", "OpenAI"]

class AsyncOpenAI(_official.AsyncOpenAI):
    """The official asynchronous client, with requests through this package."""

class OpenAI(_official.OpenAI):
    """The official synchronous client, with requests through this package."""
