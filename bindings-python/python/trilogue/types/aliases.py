"""The names of `openai.types` and `anthropic.types` that differ from this package's."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from .._generated.params import FileSourceParam as FileDocumentSourceParam
from .._generated.params import FileSourceParam as FileImageSourceParam
from .._generated.params import FunctionDefinitionParam as FunctionDefinition
from .._generated.params import MessageParam as AssistantMessageParam
from .._generated.params import MessageParam as SystemMessageParam
from .._generated.params import MessageParam as UserMessageParam
from .._generated.params import ToolParam as ToolUnionParam
from .._generated.params import URLSourceParam as URLImageSourceParam
from .._generated.params import URLSourceParam as URLPDFSourceParam
from .._generated.types import ContentBlock as ParsedContentBlock
from .._generated.types import ContentBlock as WebSearchResultBlock
from .._generated.types import ContentBlock as WebSearchToolResultBlock
from .._generated.types import ContentBlockStopEvent as RawContentBlockStopEvent
from .._generated.types import EventDelta as RawContentBlockDelta
from .._generated.types import MessageEvent as RawMessageStreamEvent
from .._generated.types import MessageStopEvent as RawMessageStopEvent
from .._generated.types import MessageUsage as MessageDeltaUsage
from .._generated.types import TextBlock as ParsedTextBlock
from .._generated.types import TokenCount as MessageTokensCount
from .._generated.types import Usage as CompletionUsage
from .._objects.model import Fields as CacheControlEphemeral
from .._objects.model import Fields as CacheCreation
from .._objects.model import Fields as Container
from .._objects.model import Fields as ErrorObject
from .._objects.model import Fields as ErrorResponse
from .._objects.model import Fields as OutputTokensDetails
from .._objects.model import Fields as RefusalStopDetails
from .._objects.model import Fields as ServerToolUsage
from .._objects.model import Fields as TextCitation
from .._structured.parsed import ParsedMessage
from ..types.message_create_params import MessageCreateParams

__all__ = [
    "AssistantMessageParam",
    "CacheControlEphemeral",
    "CacheCreation",
    "ChatModel",
    "CodeExecutionTool20250825Param",
    "CompletionUsage",
    "Container",
    "ErrorObject",
    "ErrorResponse",
    "FileDocumentSourceParam",
    "FileImageSourceParam",
    "FunctionDefinition",
    "MemoryTool20250818Param",
    "MessageCreateParams",
    "MessageDeltaUsage",
    "MessageTokensCount",
    "Model",
    "ModelParam",
    "OutputTokensDetails",
    "ParsedContentBlock",
    "ParsedMessage",
    "ParsedTextBlock",
    "RawContentBlockDelta",
    "RawContentBlockStopEvent",
    "RawMessageStopEvent",
    "RawMessageStreamEvent",
    "RefusalStopDetails",
    "SearchResultBlockParam",
    "ServerToolUsage",
    "ServerToolUseBlockParam",
    "StopReason",
    "SystemMessageParam",
    "TextCitation",
    "ToolBash20250124Param",
    "ToolTextEditor20250124Param",
    "ToolTextEditor20250429Param",
    "ToolTextEditor20250728Param",
    "ToolUnionParam",
    "URLImageSourceParam",
    "URLPDFSourceParam",
    "UserMessageParam",
    "WebFetchTool20250910Param",
    "WebSearchResultBlock",
    "WebSearchTool20250305Param",
    "WebSearchToolResultBlock",
    "WebSearchToolResultBlockParam",
]


ChatModel: TypeAlias = str
Model: TypeAlias = str
ModelParam: TypeAlias = str
StopReason: TypeAlias = Literal[
    "end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal", "model_context_window_exceeded"
]

# Tools that the provider runs, and their blocks: dicts of any fields.
CodeExecutionTool20250825Param: TypeAlias = dict[str, Any]
MemoryTool20250818Param: TypeAlias = dict[str, Any]
SearchResultBlockParam: TypeAlias = dict[str, Any]
ServerToolUseBlockParam: TypeAlias = dict[str, Any]
ToolBash20250124Param: TypeAlias = dict[str, Any]
ToolTextEditor20250124Param: TypeAlias = dict[str, Any]
ToolTextEditor20250429Param: TypeAlias = dict[str, Any]
ToolTextEditor20250728Param: TypeAlias = dict[str, Any]
WebFetchTool20250910Param: TypeAlias = dict[str, Any]
WebSearchTool20250305Param: TypeAlias = dict[str, Any]
WebSearchToolResultBlockParam: TypeAlias = dict[str, Any]
