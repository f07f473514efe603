"""A client for hosted language models, with the same behaviour in Python, Node and browsers.

Names that a client doesn't need are imported at first use, so that importing the package is fast. The stub beside this file declares all names
for type checkers.
"""

from __future__ import annotations

try:
    from . import _native as _native
except ImportError as error:
    _archive = getattr(__loader__, "archive", None)
    if _archive is None:
        raise
    _message = (
        f"trilogue has a native module, which Python can't load from a zip file ({_archive}); "
        "install the package into a folder, or build the application with shiv or pex, which unpack it"
    )
    raise ImportError(_message, name=error.name, path=error.path) from error

from ._client import AsyncClient as AsyncClient
from ._client import Client as Client
from ._native import __version__ as __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Stands for an argument that is not given, as in the official clients.
NOT_GIVEN = omit = None

#: The module of each name that is imported at first use. Errors are in a module of their own.
_MODULES = {
    "AsyncConversationStream": "_conversation.run",
    "AsyncPage": "_resources.models",
    "AsyncParsedStream": "_structured.streams",
    "AsyncStream": "_streaming.stream",
    "AsyncToolRunner": "_tools.runner",
    "Catalog": "_objects.catalog",
    "Conversation": "_conversation.conversation",
    "ConversationStream": "_conversation.run",
    "Model": "_objects.model",
    "Page": "_resources.models",
    "ParsedChatCompletion": "_structured.parsed",
    "ParsedMessage": "_structured.parsed",
    "ParsedStream": "_structured.streams",
    "RawResponse": "_objects.response",
    "Stream": "_streaming.stream",
    "StreamEvent": "_objects.kinds",
    "Tool": "_tools.tool",
    "ToolRunner": "_tools.runner",
    "catalog": "_objects.catalog",
    "preset": "_objects.catalog",
    "snippet": "_resources.snippets",
    "tool": "_tools.tool",
}


def __getattr__(name: str) -> object:
    """Import a name at first use."""
    from importlib import import_module

    if name == "types":
        return import_module(".types", __name__)
    errors: list[str] = import_module("._generated.errors", __name__).__all__
    if name == "__all__":
        return sorted([*_MODULES, *errors, "AsyncClient", "Client", "NOT_GIVEN", "__version__", "omit", "types"])
    module = "_generated.errors" if name in errors else _MODULES.get(name)
    if module is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = globals()[name] = getattr(import_module(f".{module}", __name__), name)
    return value


def __dir__() -> list[str]:
    names: Any = __getattr__("__all__")
    return sorted({*globals(), *names})
