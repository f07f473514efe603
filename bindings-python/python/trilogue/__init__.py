"""Talk to hosted language models: one behaviour in Python, Node and browsers.

Re-exports. A name that a client doesn't need is loaded when it is first used, so that the import stays fast. The stub beside this file
names everything for type checkers.
"""

from __future__ import annotations

try:
    from . import _native as _native
except ImportError as error:
    _archive = getattr(__loader__, "archive", None)
    if _archive is None:
        raise
    _message = (
        f"trilogue has a native module, which Python can't load from inside a zip file ({_archive}): "
        "install the package into a folder, or build the application with shiv or pex, which unpack it"
    )
    raise ImportError(_message, name=error.name, path=error.path) from error

from ._client import AsyncClient as AsyncClient
from ._client import Client as Client
from ._native import __version__ as __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: What stands for an argument that is not given, as the official clients have it.
NOT_GIVEN = omit = None

#: Where each name is loaded from; errors have a module of their own.
_LATER = {
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
    """Load what is named."""
    from importlib import import_module

    if name == "types":
        return import_module(".types", __name__)
    errors: list[str] = import_module("._generated.errors", __name__).__all__
    if name == "__all__":
        return sorted([*_LATER, *errors, "AsyncClient", "Client", "NOT_GIVEN", "__version__", "omit", "types"])
    where = "_generated.errors" if name in errors else _LATER.get(name)
    if where is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    found = globals()[name] = getattr(import_module(f".{where}", __name__), name)
    return found


def __dir__() -> list[str]:
    names: Any = __getattr__("__all__")
    return sorted({*globals(), *names})
