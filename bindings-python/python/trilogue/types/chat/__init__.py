"""The names of `openai.types.chat`."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ..._generated.params import (
    ChatCompletionAllowedToolChoiceParam,
    ChatCompletionAllowedToolsParam,
    ChatCompletionAssistantMessageParam,
    ChatCompletionAudioParam,
    ChatCompletionContentPartImageParam,
    ChatCompletionContentPartInputAudioParam,
    ChatCompletionContentPartParam,
    ChatCompletionContentPartRefusalParam,
    ChatCompletionContentPartTextParam,
    ChatCompletionCustomToolParam,
    ChatCompletionDeveloperMessageParam,
    ChatCompletionFunctionMessageParam,
    ChatCompletionFunctionToolParam,
    ChatCompletionMessageCustomToolCallParam,
    ChatCompletionMessageFunctionToolCallParam,
    ChatCompletionMessageParam,
    ChatCompletionMessageToolCallUnionParam,
    ChatCompletionNamedToolChoiceCustomParam,
    ChatCompletionNamedToolChoiceParam,
    ChatCompletionPredictionContentParam,
    ChatCompletionStreamOptionsParam,
    ChatCompletionSystemMessageParam,
    ChatCompletionToolChoiceOptionParam,
    ChatCompletionToolMessageParam,
    ChatCompletionToolUnionParam,
    ChatCompletionUserMessageParam,
)
from ..._generated.params import ChatCompletionContentPartImageParam as ChatCompletionContentPartImage
from ..._generated.params import ChatCompletionContentPartTextParam as ChatCompletionContentPartText
from ..._generated.params import ChatCompletionFunctionToolParam as ChatCompletionFunctionTool
from ..._generated.params import ChatCompletionFunctionToolParam as ChatCompletionToolParam
from ..._generated.params import ChatCompletionMessageFunctionToolCallParam as ChatCompletionMessageToolCallParam
from ..._generated.params import ChatCompletionMessageParam as CreateChatCompletionRequestMessageParam
from ..._generated.params import ToolNameParam as ChatCompletionFunctionCallOptionParam
from ..._generated.types import ChatCompletion, ChatCompletionChunk
from ..._generated.types import ChatMessage as ChatCompletionMessage
from ..._generated.types import ChatMessage as ChatCompletionStoreMessage
from ..._generated.types import TokenLogprob as ChatCompletionTokenLogprob
from ..._generated.types import ToolCall as ChatCompletionMessageCustomToolCall
from ..._generated.types import ToolCall as ChatCompletionMessageFunctionToolCall
from ..._generated.types import ToolCall as ChatCompletionMessageToolCall
from ..._generated.types import ToolCall as ChatCompletionMessageToolCallUnion
from ..._objects.model import Fields as ChatCompletionAudio
from ..._objects.model import Fields as ChatCompletionDeleted
from ..._structured.parsed import ParsedChatCompletion, ParsedChoice, ParsedFunction
from ..._structured.parsed import ParsedChatMessage as ParsedChatCompletionMessage
from ..._structured.parsed import ParsedToolCall as ParsedFunctionToolCall
from ...types.chat.completion_create_params import CompletionCreateParams

__all__ = [
    "ChatCompletion",
    "ChatCompletionAllowedToolChoiceParam",
    "ChatCompletionAllowedToolsParam",
    "ChatCompletionAssistantMessageParam",
    "ChatCompletionAudio",
    "ChatCompletionAudioParam",
    "ChatCompletionChunk",
    "ChatCompletionContentPartImage",
    "ChatCompletionContentPartImageParam",
    "ChatCompletionContentPartInputAudioParam",
    "ChatCompletionContentPartParam",
    "ChatCompletionContentPartRefusalParam",
    "ChatCompletionContentPartText",
    "ChatCompletionContentPartTextParam",
    "ChatCompletionCustomToolParam",
    "ChatCompletionDeleted",
    "ChatCompletionDeveloperMessageParam",
    "ChatCompletionFunctionCallOptionParam",
    "ChatCompletionFunctionMessageParam",
    "ChatCompletionFunctionTool",
    "ChatCompletionFunctionToolParam",
    "ChatCompletionMessage",
    "ChatCompletionMessageCustomToolCall",
    "ChatCompletionMessageCustomToolCallParam",
    "ChatCompletionMessageFunctionToolCall",
    "ChatCompletionMessageFunctionToolCallParam",
    "ChatCompletionMessageParam",
    "ChatCompletionMessageToolCall",
    "ChatCompletionMessageToolCallParam",
    "ChatCompletionMessageToolCallUnion",
    "ChatCompletionMessageToolCallUnionParam",
    "ChatCompletionModality",
    "ChatCompletionNamedToolChoiceCustomParam",
    "ChatCompletionNamedToolChoiceParam",
    "ChatCompletionPredictionContentParam",
    "ChatCompletionReasoningEffort",
    "ChatCompletionRole",
    "ChatCompletionStoreMessage",
    "ChatCompletionStreamOptionsParam",
    "ChatCompletionSystemMessageParam",
    "ChatCompletionTokenLogprob",
    "ChatCompletionToolChoiceOptionParam",
    "ChatCompletionToolMessageParam",
    "ChatCompletionToolParam",
    "ChatCompletionToolUnionParam",
    "ChatCompletionUserMessageParam",
    "CompletionCreateParams",
    "CreateChatCompletionRequestMessageParam",
    "ParsedChatCompletion",
    "ParsedChatCompletionMessage",
    "ParsedChoice",
    "ParsedFunction",
    "ParsedFunctionToolCall",
]


ChatCompletionModality: TypeAlias = Literal["text", "audio"]
ChatCompletionReasoningEffort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
ChatCompletionRole: TypeAlias = Literal["developer", "system", "user", "assistant", "tool", "function"]
