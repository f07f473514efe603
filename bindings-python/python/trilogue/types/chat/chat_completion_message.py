"""The names of `openai.types.chat.chat_completion_message`."""

from __future__ import annotations

from ..._generated.types import ChatMessage as ChatCompletionMessage
from ..._generated.types import FunctionCall

__all__ = [
    "ChatCompletionMessage",
    "FunctionCall",
]
