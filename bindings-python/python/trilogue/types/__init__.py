"""Types of requests and replies, under their names in this package and in the official clients.

The submodules have the names of `openai.types` and `anthropic.types`: `trilogue.types.chat`, `trilogue.types.beta`, and others. Each name is
loaded at first use, since few programs name the types of requests.
"""

from __future__ import annotations

from .._generated.types import *  # noqa: F403  (the list of types is generated)


def __getattr__(name: str) -> object:
    if name != "__all__" and name.startswith("__"):
        raise AttributeError(name)
    from .._generated import params, types

    if name in params.__all__:
        return params.__dict__[name]
    from importlib import import_module

    aliases = import_module(".aliases", __name__)
    if name == "__all__":
        return sorted({*types.__all__, *params.__all__, *aliases.__all__})
    if name in aliases.__all__:
        return aliases.__dict__[name]
    if name in ("beta", "chat", "completion_usage", "message_create_params", "shared", "shared_params"):
        return import_module(f".{name}", __name__)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
