"""Talk to hosted language models: one behaviour in Python, Node and browsers.

Law: re-exports, and nothing that costs time at import: `asyncio` and the rest are loaded when they are first needed.
"""

from typing import TYPE_CHECKING, Any

from . import _errors
from ._client import AsyncClient, Client
from ._errors import *  # noqa: F403  (the table of errors is generated)
from ._models import Model
from ._native import __version__
from ._streaming import AsyncStream, Stream, StreamEvent
from ._tools import Tool, tool

if TYPE_CHECKING:
    from ._parsed import ParsedChatCompletion, ParsedMessage
    from ._parsed_streams import AsyncParsedStream, ParsedStream
    from ._runner import AsyncToolRunner, ToolRunner

__all__ = [
    "AsyncClient",
    "AsyncParsedStream",
    "AsyncStream",
    "AsyncToolRunner",
    "Client",
    "Model",
    "ParsedChatCompletion",
    "ParsedMessage",
    "ParsedStream",
    "Stream",
    "StreamEvent",
    "Tool",
    "ToolRunner",
    "__version__",
    "tool",
]
__all__ += _errors.__all__

_LATER = {
    "AsyncParsedStream": "_parsed_streams",
    "AsyncToolRunner": "_runner",
    "ParsedChatCompletion": "_parsed",
    "ParsedMessage": "_parsed",
    "ParsedStream": "_parsed_streams",
    "ToolRunner": "_runner",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Load what few programs name."""
        if name not in _LATER:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module

        return getattr(import_module(f".{_LATER[name]}", __name__), name)
