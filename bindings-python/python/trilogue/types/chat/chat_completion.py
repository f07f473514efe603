"""The names of `openai.types.chat.chat_completion`."""

from __future__ import annotations

from ..._generated.types import ChatCompletion, Choice
from ..._generated.types import Logprobs as ChoiceLogprobs

__all__ = [
    "ChatCompletion",
    "Choice",
    "ChoiceLogprobs",
]
