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
    "AsyncConversationStream": "_conversation_run",
    "AsyncPage": "_model_list",
    "AsyncParsedStream": "_parsed_streams",
    "AsyncStream": "_streaming",
    "AsyncToolRunner": "_runner",
    "Catalog": "_catalog",
    "Conversation": "_conversation",
    "ConversationStream": "_conversation_run",
    "Model": "_models",
    "Page": "_model_list",
    "ParsedChatCompletion": "_parsed",
    "ParsedMessage": "_parsed",
    "ParsedStream": "_parsed_streams",
    "RawResponse": "_response",
    "Stream": "_streaming",
    "StreamEvent": "_kinds",
    "Tool": "_tools",
    "ToolRunner": "_runner",
    "catalog": "_catalog",
    "preset": "_catalog",
    "snippet": "_snippets",
    "tool": "_tools",
}


def __getattr__(name: str) -> object:
    """Load what is named."""
    from importlib import import_module

    if name == "types":
        return import_module(".types", __name__)
    errors: list[str] = import_module("._errors", __name__).__all__
    if name == "__all__":
        return sorted([*_LATER, *errors, "AsyncClient", "Client", "NOT_GIVEN", "__version__", "omit", "types"])
    where = "_errors" if name in errors else _LATER.get(name)
    if where is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    found = globals()[name] = getattr(import_module(f".{where}", __name__), name)
    return found


def __dir__() -> list[str]:
    names: Any = __getattr__("__all__")
    return sorted({*globals(), *names})
