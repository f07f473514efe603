"""The names of `openai.types.chat.chat_completion_tool_param`."""

from __future__ import annotations

from ..._generated.params import ChatCompletionFunctionToolParam as ChatCompletionToolParam

__all__ = [
    "ChatCompletionToolParam",
]
