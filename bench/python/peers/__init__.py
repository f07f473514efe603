"""The clients that are measured.

Law: one module a client, imported only where it is measured: what another one loads is nobody's memory or time.
"""

from importlib import import_module

from .base import Peer


def make(name: str, url: str) -> Peer:
    """Return the client of that name, for the server at `url`."""
    peer: Peer = import_module(f".{name}", __package__).make(url)
    return peer
