"""Types of requests and replies.

Re-exports the generated classes. The types of requests are loaded when one of them is first named: few programs do.
"""

from __future__ import annotations

from ._generated.types import *  # noqa: F403  (the list of types is generated)


def __getattr__(name: str) -> object:
    if name != "__all__" and name.startswith("__"):
        raise AttributeError(name)
    from ._generated import params, types

    if name == "__all__":
        return [*types.__all__, *params.__all__]
    if name in params.__all__:
        return params.__dict__[name]
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
