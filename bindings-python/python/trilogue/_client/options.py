"""The options of a client: as the program gave them, and as the core reads them.

Invariant: values are converted, and not checked: the core refuses a wrong one.
"""

from __future__ import annotations

import os

from .._sender import is_given

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: The options with functions that see the requests, the responses and the items of streams.
HOOKS = ("on_request", "on_response", "on_event")


class Options:
    """The options that were given, without a `repr` that shows them: a key is among them."""

    __slots__ = ("given",)

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given


def keep(options: dict[str, Any]) -> Options:
    """Return the options that are given, with copies of those that the program may change later."""
    given = {name: value for name, value in options.items() if is_given(value)}
    for name in given.keys() & _KEPT.keys():
        given[name] = _KEPT[name](given[name])
    return Options(given)


class Prepared:
    """The options of a client for its parts."""

    __slots__ = ("bind", "core", "hooks", "key", "whole_timeout")

    def __init__(self, core: dict[str, Any]) -> None:
        #: The options of the core.
        self.core = core
        #: The function that returns the key of each request.
        self.key: Callable[[], Any] | None = None
        #: Binds the program's transport.
        self.bind: Any = None
        #: The hooks by their names.
        self.hooks: dict[str, Any] = {}
        #: The time limit of requests without a stream, if `timeout` is a `Timeout`.
        self.whole_timeout: float | None = None


def prepare(given: dict[str, Any], *, is_async: bool) -> Prepared:
    """Convert the options of a client. Raises ConfigurationError for a transport or an `http_client` that the client can't use."""
    core = dict(given)
    prepared = Prepared(core)
    if hasattr(core.get("timeout"), "read"):
        from .._objects.timeout import client_limits

        limits = core.pop("timeout")
        prepared.whole_timeout = limits.read
        # A transport makes its own connections.
        connects = not core.keys() & {"transport", "http_client"}
        for name, limit in client_limits(limits, connects=connects).items():
            core.setdefault(name, limit)
    if callable(core.get("api_key")):
        prepared.key = core["api_key"]
        set_core_key(core, prepared.key)
    if "fallbacks" in core:
        core["fallbacks"] = _to_fallbacks(core["fallbacks"])
    transport = _pop_transport(core, is_async=is_async)
    if transport is not None:
        from .._transport import binder

        prepared.bind = binder(transport, is_async=is_async)
    prepared.hooks = {name: core.pop(name) for name in HOOKS if name in core}
    if core.keys() & {"budget", "prices", "catalog"}:
        from .._objects.amounts import plain

        # Amounts and a catalogue become JSON values.
        prepared.core = {name: plain(value) for name, value in core.items()}
    return prepared


def set_core_key(core: dict[str, Any], key: Any) -> None:
    """Set the key in the options of the core, which gets that of a function with each request."""
    core.pop("api_key", None)
    core.pop("key_per_request", None)
    if callable(key):
        core["key_per_request"] = True
    else:
        core["api_key"] = key


def _pop_transport(core: dict[str, Any], *, is_async: bool) -> Any:
    """Take the function that sends requests out of the options; `None` without one."""
    http_client, transport = core.pop("http_client", None), core.pop("transport", None)
    if http_client is None:
        return transport
    if transport is not None:
        from .._generated.errors import ConfigurationError

        message = "transport and http_client can't be combined: each sends the requests; pass one"
        raise ConfigurationError(message)
    from .._http_client import transport_of

    return transport_of(http_client, is_async=is_async)


def _to_fallbacks(fallbacks: Any) -> Any:
    """Return fallbacks as the core reads them: a client stands for its options."""
    if isinstance(fallbacks, (str, bytes)) or hasattr(fallbacks, "keys") or not hasattr(fallbacks, "__iter__"):
        return fallbacks
    return [_to_fallback(fallback) for fallback in fallbacks]


def _to_fallback(fallback: Any) -> Any:
    if hasattr(fallback, "_core_options"):
        return {"client": fallback._core_options.given}
    if hasattr(fallback, "keys"):
        options = {name: value for name, value in fallback.items() if is_given(value)}
        if hasattr(options.get("client"), "_core_options"):
            options["client"] = options["client"]._core_options.given
        return options
    return fallback


def _as_dict(value: Any) -> Any:
    """Return a mapping as a dict. A string stays unchanged, for the core to refuse."""
    return value if isinstance(value, (str, bytes)) else dict(value)


def _copy_prices(prices: Any) -> dict[str, Any]:
    return {model: dict(price) for model, price in prices.items()}


def _to_catalog(source: Any) -> Any:
    from .._objects.catalog import Catalog

    return source if isinstance(source, Catalog) else Catalog(source)


#: Conversions of options that a client keeps.
_KEPT: dict[str, Callable[[Any], Any]] = {
    "ca_bundle": os.fsdecode,
    "catalog": _to_catalog,
    "client_cert": os.fsdecode,
    "default_headers": _as_dict,
    "default_query": _as_dict,
    "prices": _copy_prices,
}
