"""A client for hosted language models, with the same behaviour in Python, Node and browsers."""

from . import types as types
from ._client import AsyncClient as AsyncClient
from ._client import Client as Client
from ._conversation.conversation import Conversation as Conversation
from ._conversation.run import AsyncConversationStream as AsyncConversationStream
from ._conversation.run import ConversationStream as ConversationStream
from ._generated.errors import *  # noqa: F403  (the table of errors is generated)
from ._native import __version__ as __version__
from ._objects.catalog import Catalog as Catalog
from ._objects.catalog import catalog as catalog
from ._objects.catalog import preset as preset
from ._objects.kinds import StreamEvent as StreamEvent
from ._objects.model import Model as Model
from ._objects.response import RawResponse as RawResponse
from ._resources.models import AsyncPage as AsyncPage
from ._resources.models import Page as Page
from ._resources.snippets import snippet as snippet
from ._streaming.stream import AsyncStream as AsyncStream
from ._streaming.stream import Stream as Stream
from ._structured.parsed import ParsedChatCompletion as ParsedChatCompletion
from ._structured.parsed import ParsedMessage as ParsedMessage
from ._structured.streams import AsyncParsedStream as AsyncParsedStream
from ._structured.streams import ParsedStream as ParsedStream
from ._tools.runner import AsyncToolRunner as AsyncToolRunner
from ._tools.runner import ToolRunner as ToolRunner
from ._tools.tool import Tool as Tool
from ._tools.tool import tool as tool

NOT_GIVEN: None
"""Stands for an argument that is not given, as in the official clients."""
omit: None
"""Another name of `NOT_GIVEN`."""
