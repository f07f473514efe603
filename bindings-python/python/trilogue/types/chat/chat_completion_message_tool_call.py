"""The names of `openai.types.chat.chat_completion_message_tool_call`."""

from __future__ import annotations

from ..._generated.types import FunctionCall as Function
from ..._generated.types import ToolCall as ChatCompletionMessageToolCall

__all__ = [
    "ChatCompletionMessageToolCall",
    "Function",
]
