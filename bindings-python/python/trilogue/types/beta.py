"""The names of `anthropic.types.beta` that concern messages."""

from __future__ import annotations

from typing import Any, TypeAlias

from .._generated.params import Base64ImageSourceParam as BetaBase64ImageSourceParam
from .._generated.params import Base64PDFSourceParam as BetaBase64PDFSourceParam
from .._generated.params import CacheControlEphemeralParam as BetaCacheControlEphemeralParam
from .._generated.params import ContentBlockParam as BetaContentBlockParam
from .._generated.params import DocumentBlockParam as BetaRequestDocumentBlockParam
from .._generated.params import ImageBlockParam as BetaImageBlockParam
from .._generated.params import JSONOutputFormatParam as BetaJSONOutputFormatParam
from .._generated.params import MessageParam as BetaMessageParam
from .._generated.params import MetadataParam as BetaMetadataParam
from .._generated.params import OutputConfigParam as BetaOutputConfigParam
from .._generated.params import RedactedThinkingBlockParam as BetaRedactedThinkingBlockParam
from .._generated.params import TextBlockParam as BetaTextBlockParam
from .._generated.params import ThinkingBlockParam as BetaThinkingBlockParam
from .._generated.params import ThinkingConfigEnabledParam as BetaThinkingConfigEnabledParam
from .._generated.params import ThinkingConfigParam as BetaThinkingConfigParam
from .._generated.params import ToolChoiceAutoParam as BetaToolChoiceAutoParam
from .._generated.params import ToolChoiceParam as BetaToolChoiceParam
from .._generated.params import ToolChoiceToolParam as BetaToolChoiceToolParam
from .._generated.params import ToolParam as BetaToolParam
from .._generated.params import ToolParam as BetaToolUnionParam
from .._generated.params import ToolResultBlockParam as BetaToolResultBlockParam
from .._generated.params import ToolUseBlockParam as BetaToolUseBlockParam
from .._generated.types import CitationsDelta as BetaCitationsDelta
from .._generated.types import ContentBlock as BetaContentBlock
from .._generated.types import ContentBlockDeltaEvent as BetaRawContentBlockDeltaEvent
from .._generated.types import ContentBlockStartEvent as BetaRawContentBlockStartEvent
from .._generated.types import ContentBlockStopEvent as BetaRawContentBlockStopEvent
from .._generated.types import InputJSONDelta as BetaInputJSONDelta
from .._generated.types import Message as BetaMessage
from .._generated.types import MessageDeltaEvent as BetaRawMessageDeltaEvent
from .._generated.types import MessageEvent as BetaRawMessageStreamEvent
from .._generated.types import MessageStartEvent as BetaRawMessageStartEvent
from .._generated.types import MessageStopEvent as BetaRawMessageStopEvent
from .._generated.types import MessageUsage as BetaMessageDeltaUsage
from .._generated.types import MessageUsage as BetaUsage
from .._generated.types import ModelInfo as BetaModelInfo
from .._generated.types import RedactedThinkingBlock as BetaRedactedThinkingBlock
from .._generated.types import ServerToolUseBlock as BetaServerToolUseBlock
from .._generated.types import SignatureDelta as BetaSignatureDelta
from .._generated.types import TextBlock as BetaTextBlock
from .._generated.types import TextDelta as BetaTextDelta
from .._generated.types import ThinkingBlock as BetaThinkingBlock
from .._generated.types import ThinkingDelta as BetaThinkingDelta
from .._generated.types import TokenCount as BetaMessageTokensCount
from .._generated.types import ToolUseBlock as BetaToolUseBlock
from .._structured.parsed import ParsedMessage as ParsedBetaMessage

__all__ = [
    "BetaBase64ImageSourceParam",
    "BetaBase64PDFSourceParam",
    "BetaCacheControlEphemeralParam",
    "BetaCitationsDelta",
    "BetaCodeExecutionTool20250825Param",
    "BetaContentBlock",
    "BetaContentBlockParam",
    "BetaImageBlockParam",
    "BetaInputJSONDelta",
    "BetaJSONOutputFormatParam",
    "BetaMemoryTool20250818Param",
    "BetaMessage",
    "BetaMessageDeltaUsage",
    "BetaMessageParam",
    "BetaMessageTokensCount",
    "BetaMetadataParam",
    "BetaModelInfo",
    "BetaOutputConfigParam",
    "BetaRawContentBlockDeltaEvent",
    "BetaRawContentBlockStartEvent",
    "BetaRawContentBlockStopEvent",
    "BetaRawMessageDeltaEvent",
    "BetaRawMessageStartEvent",
    "BetaRawMessageStopEvent",
    "BetaRawMessageStreamEvent",
    "BetaRedactedThinkingBlock",
    "BetaRedactedThinkingBlockParam",
    "BetaRequestDocumentBlockParam",
    "BetaServerToolUseBlock",
    "BetaSignatureDelta",
    "BetaTextBlock",
    "BetaTextBlockParam",
    "BetaTextDelta",
    "BetaThinkingBlock",
    "BetaThinkingBlockParam",
    "BetaThinkingConfigEnabledParam",
    "BetaThinkingConfigParam",
    "BetaThinkingDelta",
    "BetaToolBash20250124Param",
    "BetaToolChoiceAutoParam",
    "BetaToolChoiceParam",
    "BetaToolChoiceToolParam",
    "BetaToolParam",
    "BetaToolReferenceBlockParam",
    "BetaToolResultBlockParam",
    "BetaToolTextEditor20250728Param",
    "BetaToolUnionParam",
    "BetaToolUseBlock",
    "BetaToolUseBlockParam",
    "BetaUsage",
    "BetaWebFetchTool20250910Param",
    "BetaWebSearchTool20250305Param",
    "ParsedBetaMessage",
]

# Tools that the provider runs, and their blocks: dicts of any fields.
BetaCodeExecutionTool20250825Param: TypeAlias = dict[str, Any]
BetaMemoryTool20250818Param: TypeAlias = dict[str, Any]
BetaToolReferenceBlockParam: TypeAlias = dict[str, Any]
BetaToolBash20250124Param: TypeAlias = dict[str, Any]
BetaToolTextEditor20250728Param: TypeAlias = dict[str, Any]
BetaWebFetchTool20250910Param: TypeAlias = dict[str, Any]
BetaWebSearchTool20250305Param: TypeAlias = dict[str, Any]
