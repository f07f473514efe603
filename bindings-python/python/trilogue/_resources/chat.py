"""`client.chat.completions`."""

from __future__ import annotations

from .._generated.types import ChatCompletion, ChatCompletionChunk
from .._sender import Resource
from .endpoint import AsyncEndpoint, BlockingEndpoint, Format
from .signatures import describe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._sender import Sender

_FORMAT = Format("chat", ChatCompletion, ChatCompletionChunk, "response_format")


class Completions(BlockingEndpoint):
    """Chat completions."""

    _format = _FORMAT


class AsyncCompletions(AsyncEndpoint):
    """Chat completions."""

    _format = _FORMAT


describe(Completions, "Completions")
describe(AsyncCompletions, "Completions")


class Chat(Resource):
    """Chat endpoints."""

    def __init__(self, sender: Sender) -> None:
        super().__init__(sender)
        #: Chat completions.
        self.completions = Completions(sender)


class AsyncChat(Resource):
    """Chat endpoints."""

    def __init__(self, sender: Sender) -> None:
        super().__init__(sender)
        #: Chat completions.
        self.completions = AsyncCompletions(sender)
