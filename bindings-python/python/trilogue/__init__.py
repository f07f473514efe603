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

#: The module of each name that is imported at first use. Errors are in a module of their own.
_MODULES = {
    "APIResponse": "_objects.streaming_response",
    "AsyncAPIResponse": "_objects.streaming_response",
    "AsyncConversationStream": "_conversation.run",
    "AsyncPage": "_resources.models",
    "AsyncParsedStream": "_structured.streams",
    "AsyncStream": "_streaming.stream",
    "AsyncToolRunner": "_tools.runner",
    "BatchSummary": "_batch.run",
    "BetaFunctionTool": "_tools.beta",
    "BetaFunctionToolResultType": "_tools.beta",
    "Catalog": "_objects.catalog",
    "Conversation": "_conversation.conversation",
    "ConversationStream": "_conversation.run",
    "DefaultAsyncHttpxClient": "_http_client",
    "DefaultHttpxClient": "_http_client",
    "HookRequest": "_hooks.requests",
    "HookResponse": "_hooks.requests",
    "InputJsonEvent": "types",
    "Model": "_objects.model",
    "NOT_GIVEN": "_objects.not_given",
    "NotGiven": "_objects.not_given",
    "Omit": "_objects.not_given",
    "Page": "_resources.models",
    "ParsedChatCompletion": "_structured.parsed",
    "ParsedContentBlockStopEvent": "types",
    "ParsedMessage": "_structured.parsed",
    "ParsedMessageStopEvent": "types",
    "ParsedStream": "_structured.streams",
    "RawResponse": "_objects.response",
    "Stream": "_streaming.stream",
    "StreamEvent": "_objects.kinds",
    "TextEvent": "types",
    "Timeout": "_objects.timeout",
    "Tool": "_tools.tool",
    "ToolError": "_tools.beta",
    "ToolRunner": "_tools.runner",
    "beta_async_tool": "_tools.beta",
    "beta_tool": "_tools.beta",
    "catalog": "_objects.catalog",
    "not_given": "_objects.not_given",
    "omit": "_objects.not_given",
    "preset": "_objects.catalog",
    "pydantic_function_tool": "_resources.function_tools",
    "snippet": "_resources.snippets",
    "tool": "_tools.tool",
    "transform_schema": "_resources.function_tools",
}

#: Names of the official clients, and this package's names for the same.
_ALIASES = {
    "AnthropicError": "APIError",
    "AsyncMessageStream": "AsyncStream",
    "BaseModel": "Model",
    "BetaAsyncFunctionTool": "BetaFunctionTool",
    "ContentBlockStopEvent": "ParsedContentBlockStopEvent",
    "ContentTooLargeError": "RequestTooLargeError",
    "DeadlineExceededError": "InternalServerError",
    "GatewayTimeoutError": "InternalServerError",
    "MessageStopEvent": "ParsedMessageStopEvent",
    "MessageStream": "Stream",
    "OpenAIError": "APIError",
    "ServiceUnavailableError": "InternalServerError",
}

#: The parts of the module's own client, which uses `trilogue.api_key` and other options.
_CLIENT_PARTS = ("beta", "chat", "messages", "models")
#: The options of the module's own client, which are `None` until a program sets them.
_CLIENT_OPTIONS = ("api_key", "base_url", "default_headers", "default_query", "max_retries", "timeout")


def __getattr__(name: str) -> object:
    """Import a name at first use."""
    from importlib import import_module

    if name in ("tokens", "types"):
        return import_module(f".{name}", __name__)
    if name in _CLIENT_PARTS:
        client = import_module("._resources.module_client", __name__).module_client()
        part: object = getattr(client, name)
        return part
    if name in _CLIENT_OPTIONS:
        return None
    errors: list[str] = import_module("._generated.errors", __name__).__all__
    if name == "__all__":
        return sorted([*_MODULES, *_ALIASES, *errors, "AsyncClient", "Client", "__version__", "tokens", "types"])
    own = _ALIASES.get(name, name)
    module = "_generated.errors" if own in errors else _MODULES.get(own)
    if module is None:
        raise import_module("._resources.unsupported", __name__).missing(__name__, name)
    value = globals()[name] = getattr(import_module(f".{module}", __name__), own)
    return value


def __dir__() -> list[str]:
    names: Any = __getattr__("__all__")
    return sorted({*globals(), *names})
