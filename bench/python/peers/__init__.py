"""The measured clients.

Invariant: one module for each client, imported only when it is measured, so that no client pays for the imports of another one.
"""

from importlib import import_module

from .base import Peer


def make(name: str, url: str) -> Peer:
    """Return the client with this name, for the server at `url`."""
    peer: Peer = import_module(f".{name}", __package__).make(url)
    return peer
