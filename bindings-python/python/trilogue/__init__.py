"""Talk to hosted language models: one behaviour in Python, Node and browsers.

Law: re-exports, and nothing that costs time at import: `asyncio` and the rest are loaded when they are first needed.
"""

from . import _errors
from ._client import AsyncClient, Client
from ._errors import *  # noqa: F403  (the table of errors is generated)
from ._models import Model
from ._native import __version__
from ._streaming import AsyncStream, Stream, StreamEvent

__all__ = ["AsyncClient", "AsyncStream", "Client", "Model", "Stream", "StreamEvent", "__version__"]
__all__ += _errors.__all__
