"""A client for hosted language models, with the same behaviour in Python, Node and browsers."""

from collections.abc import Callable, Mapping

from . import tokens as tokens
from . import types as types
from ._batch.row import BatchRow as BatchRow
from ._batch.rows import AsyncBatchRows as AsyncBatchRows
from ._batch.rows import BatchRows as BatchRows
from ._client import AsyncClient as AsyncClient
from ._client import Client as Client
from ._conversation.conversation import Conversation as Conversation
from ._conversation.run import AsyncConversationStream as AsyncConversationStream
from ._conversation.run import ConversationStream as ConversationStream
from ._generated.errors import *  # noqa: F403  (the table of errors is generated)
from ._generated.errors import APIError as APIError
from ._generated.errors import InternalServerError as InternalServerError
from ._generated.errors import RequestTooLargeError as RequestTooLargeError
from ._generated.types import BatchSummary as BatchSummary
from ._generated.types import InputJsonEvent as InputJsonEvent
from ._generated.types import ParsedContentBlockStopEvent as ParsedContentBlockStopEvent
from ._generated.types import ParsedMessageStopEvent as ParsedMessageStopEvent
from ._generated.types import TextEvent as TextEvent
from ._hooks.requests import HookRequest as HookRequest
from ._hooks.requests import HookResponse as HookResponse
from ._http_client import DefaultAsyncHttpxClient as DefaultAsyncHttpxClient
from ._http_client import DefaultHttpxClient as DefaultHttpxClient
from ._native import __version__ as __version__
from ._objects.catalog import Catalog as Catalog
from ._objects.catalog import catalog as catalog
from ._objects.catalog import preset as preset
from ._objects.kinds import StreamEvent as StreamEvent
from ._objects.model import Model as Model
from ._objects.not_given import NOT_GIVEN as NOT_GIVEN
from ._objects.not_given import NotGiven as NotGiven
from ._objects.not_given import Omit as Omit
from ._objects.not_given import not_given as not_given
from ._objects.not_given import omit as omit
from ._objects.response import RawResponse as RawResponse
from ._objects.streaming_response import APIResponse as APIResponse
from ._objects.streaming_response import AsyncAPIResponse as AsyncAPIResponse
from ._objects.timeout import Timeout as Timeout
from ._resources.beta import Beta
from ._resources.chat import Chat
from ._resources.function_tools import pydantic_function_tool as pydantic_function_tool
from ._resources.function_tools import transform_schema as transform_schema
from ._resources.messages import Messages
from ._resources.models import AsyncPage as AsyncPage
from ._resources.models import Models
from ._resources.models import Page as Page
from ._resources.snippets import snippet as snippet
from ._streaming.stream import AsyncStream as AsyncStream
from ._streaming.stream import Stream as Stream
from ._structured.parsed import ParsedChatCompletion as ParsedChatCompletion
from ._structured.parsed import ParsedMessage as ParsedMessage
from ._structured.streams import AsyncParsedStream as AsyncParsedStream
from ._structured.streams import ParsedStream as ParsedStream
from ._tools.beta import BetaFunctionTool as BetaFunctionTool
from ._tools.beta import BetaFunctionToolResultType as BetaFunctionToolResultType
from ._tools.beta import ToolError as ToolError
from ._tools.beta import beta_async_tool as beta_async_tool
from ._tools.beta import beta_tool as beta_tool
from ._tools.runner import AsyncToolRunner as AsyncToolRunner
from ._tools.runner import ToolRunner as ToolRunner
from ._tools.tool import Tool as Tool
from ._tools.tool import tool as tool

AnthropicError = APIError
ContentBlockStopEvent = ParsedContentBlockStopEvent
MessageStopEvent = ParsedMessageStopEvent
AsyncMessageStream = AsyncStream
BaseModel = Model
BetaAsyncFunctionTool = BetaFunctionTool
ContentTooLargeError = RequestTooLargeError
DeadlineExceededError = InternalServerError
GatewayTimeoutError = InternalServerError
MessageStream = Stream
OpenAIError = APIError
ServiceUnavailableError = InternalServerError

api_key: str | Callable[[], str] | None
"""The key of the module's own client, which `trilogue.chat`, `messages`, `models` and `beta` use."""
base_url: str | None
"""The base URL of the module's own client."""
default_headers: Mapping[str, str] | None
"""The headers of the module's own client."""
default_query: Mapping[str, object] | None
"""The query parameters of the module's own client."""
max_retries: int | None
"""The option of the module's own client."""
timeout: float | Timeout | None
"""The option of the module's own client."""

beta: Beta
"""The part of the module's own client."""
chat: Chat
"""The part of the module's own client."""
messages: Messages
"""The part of the module's own client."""
models: Models
"""The part of the module's own client."""
