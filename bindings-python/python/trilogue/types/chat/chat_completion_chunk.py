"""The names of `openai.types.chat.chat_completion_chunk`."""

from __future__ import annotations

from ..._generated.types import ChatCompletionChunk, ChoiceDelta
from ..._generated.types import ChunkChoice as Choice
from ..._generated.types import FunctionDelta as ChoiceDeltaFunctionCall
from ..._generated.types import FunctionDelta as ChoiceDeltaToolCallFunction
from ..._generated.types import Logprobs as ChoiceLogprobs
from ..._generated.types import ToolCallDelta as ChoiceDeltaToolCall

__all__ = [
    "ChatCompletionChunk",
    "Choice",
    "ChoiceDelta",
    "ChoiceDeltaFunctionCall",
    "ChoiceDeltaToolCall",
    "ChoiceDeltaToolCallFunction",
    "ChoiceLogprobs",
]
