"""Talk to hosted language models: one behaviour in Python, Node and browsers."""

from . import types as types
from ._catalog import Catalog as Catalog
from ._catalog import catalog as catalog
from ._catalog import preset as preset
from ._client import AsyncClient as AsyncClient
from ._client import Client as Client
from ._conversation import Conversation as Conversation
from ._conversation_run import AsyncConversationStream as AsyncConversationStream
from ._conversation_run import ConversationStream as ConversationStream
from ._errors import *  # noqa: F403  (the table of errors is generated)
from ._kinds import StreamEvent as StreamEvent
from ._model_list import AsyncPage as AsyncPage
from ._model_list import Page as Page
from ._models import Model as Model
from ._native import __version__ as __version__
from ._parsed import ParsedChatCompletion as ParsedChatCompletion
from ._parsed import ParsedMessage as ParsedMessage
from ._parsed_streams import AsyncParsedStream as AsyncParsedStream
from ._parsed_streams import ParsedStream as ParsedStream
from ._response import RawResponse as RawResponse
from ._runner import AsyncToolRunner as AsyncToolRunner
from ._runner import ToolRunner as ToolRunner
from ._snippets import snippet as snippet
from ._streaming import AsyncStream as AsyncStream
from ._streaming import Stream as Stream
from ._tools import Tool as Tool
from ._tools import tool as tool

NOT_GIVEN: None
"""What stands for an argument that is not given, as the official clients have it."""
omit: None
"""The same."""
