"""The client of the module: `trilogue.chat.completions.create(…)` with `trilogue.api_key = …`.

A client is made for the options that the module has when it is used, and is kept until they change.
"""

from __future__ import annotations

import sys
from typing import Any

from .._client import Client
from .._objects.model import deep_copy

_client: Client | None = None
_made_of: dict[str, Any] = {}


def module_client() -> Client:
    """Return the client for the module's options."""
    global _client, _made_of
    module = sys.modules[__name__.partition(".")[0]]
    options = {
        # Copies of dicts, so that a change inside one is noticed.
        name: deep_copy(module.__dict__[name])
        for name in module.__dict__["_CLIENT_OPTIONS"]
        if module.__dict__.get(name) is not None
    }
    if _client is None or options != _made_of:
        _client, _made_of = Client(**options), options
    return _client
