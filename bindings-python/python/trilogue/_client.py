"""The two clients.

Law: options are passed on as they are given; what they mean, and whether they are right, the core decides.
"""

from __future__ import annotations

import atexit
import os

from . import _native
from ._sender import Sender

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from decimal import Decimal
    from types import TracebackType
    from typing import Any, Literal

    from typing_extensions import Self

    from ._generated.types import Spent
    from ._objects.catalog import Catalog
    from ._resources.chat import AsyncChat, Chat
    from ._resources.messages import AsyncMessages, Messages
    from ._resources.models import AsyncModels, Models

# A thread that outlives the interpreter would abort the process.
atexit.register(_native.shutdown)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_native.forked)


class _Part:
    """A part of a client: made when it is first asked for, so that a program loads what it uses."""

    def __init__(self, module: str, kind: str, doc: str) -> None:
        self._where = (module, kind)
        self._name = ""
        self.__doc__ = doc

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    def __get__(self, client: _Base | None, owner: type[Any]) -> Any:
        if client is None:
            return self
        from importlib import import_module

        module, kind = self._where
        made = client.__dict__[self._name] = getattr(import_module(module, __package__), kind)(client._sender)
        return made


class _Closed:
    """What a closed client has in place of its native one."""

    def __init__(self, native: _native.NativeClient) -> None:
        spent = native.spent()
        self.base_url = native.base_url
        #: As it was at the close.
        self.spent = lambda: spent

    def __getattr__(self, name: str) -> Any:
        message = "the client was closed; `with_options()` makes one that is open"
        raise RuntimeError(message)


class _Options:
    """A client's options, which show nothing of themselves: a key is among them."""

    __slots__ = ("given",)

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given


class _Base:
    """What both clients share: options and their checks."""

    def __init__(
        self,
        *,
        api_key: str | Callable[[], str] | Callable[[], Awaitable[str]] | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
        connect_timeout: float | None = None,
        first_token_timeout: float | None = None,
        idle_timeout: float | None = None,
        max_retries: int | None = None,
        max_retry_after: float | None = None,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, object] | None = None,
        auth: Literal["bearer", "x-api-key", "body-key"] | None = None,
        model_field: Literal["model", "model_id"] | None = None,
        max_event_bytes: int | None = None,
        max_response_bytes: int | None = None,
        include_raw: bool | None = None,
        require_finish_reason: bool | None = None,
        proxy: str | None = None,
        ca_bundle: str | os.PathLike[str] | None = None,
        client_cert: str | os.PathLike[str] | None = None,
        budget: Decimal | str | float | None = None,
        prices: Mapping[str, Mapping[str, Decimal | str | float]] | None = None,
        catalog: Catalog | Mapping[str, Any] | str | os.PathLike[str] | None = None,
        parameters: Literal["error", "warn", "off"] | None = None,
    ) -> None:
        """Make a client. Times are in seconds.

        api_key: the key, or a function that gives it for each request; else `MODELSLAB_API_KEY`. Needed unless the
            base URL is on this machine.
        base_url: where the endpoint is; else `MODELSLAB_BASE_URL`, else ModelsLab's.
        timeout: one try of a call, from sending to its last byte (600).
        connect_timeout: making the connection (10).
        first_token_timeout: from sending to a stream's first token (300).
        idle_timeout: silence between two tokens; keep-alive comments are silence (120).
        max_retries: how often a failed request is sent again (2).
        max_retry_after: the longest wait that a server may ask for; over it the call fails at once (60).
        default_headers, default_query: sent with every request.
        auth: how the key is sent. model_field: the name of the body's field that names the model.
        max_event_bytes, max_response_bytes: limits on what a server may send (32 MiB, 128 MiB). The values of an event may take
            four times as much memory, those of an answer three times, or the call fails with a LimitExceededError.
        require_finish_reason: a stream that ends without a `finish_reason` (or `stop_reason`) is an IncompleteStreamError; else
            it is accepted, with a warning to the logger `trilogue` (False).
        include_raw: keep the JSON text of each chunk and event, as its `raw_json` (False).
        proxy: URL of a proxy (`http`, `https`, `socks5`, `socks5h`), with user and password where it wants them; `""` for
            none; else `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
        ca_bundle: a PEM file with the only authorities that are trusted; else `SSL_CERT_FILE` and `SSL_CERT_DIR`, else
            Mozilla's and the system's.
        client_cert: a PEM file with the client's own certificate and its key.
        budget: what all requests together may cost, in dollars. A float counts as it is written: `0.1` is a tenth.
        prices: by model, `{"input": …, "output": …, "cache_read": …, "cache_write": …}` in dollars a million tokens, the
            last two if they are others than the input's. They come before the catalogue's.
        catalog: a catalogue in place of `trilogue.catalog`, or the path of its file.
        parameters: what becomes of a parameter that is out of its range, the model's own in the catalogue, else what the two APIs
            document: an InvalidRequestError (`error`), a warning (`warn`), or nothing (`off`). Not given: an error where the
            catalogue knows the model's ranges, else nothing, since endpoints differ.

        Raises ConfigurationError where an option is missing or wrong.
        """
        given: dict[str, Any] = {
            "api_key": api_key,
            "base_url": base_url,
            "timeout": timeout,
            "connect_timeout": connect_timeout,
            "first_token_timeout": first_token_timeout,
            "idle_timeout": idle_timeout,
            "max_retries": max_retries,
            "max_retry_after": max_retry_after,
            "default_headers": _members(default_headers),
            "default_query": _members(default_query),
            "auth": auth,
            "model_field": model_field,
            "max_event_bytes": max_event_bytes,
            "max_response_bytes": max_response_bytes,
            "include_raw": include_raw,
            "require_finish_reason": require_finish_reason,
            "proxy": proxy,
            "ca_bundle": None if ca_bundle is None else os.fsdecode(ca_bundle),
            "client_cert": None if client_cert is None else os.fsdecode(client_cert),
            "budget": budget,
            "prices": None if prices is None else {model: dict(of) for model, of in prices.items()},
            "catalog": None if catalog is None else _catalog(catalog),
            "parameters": parameters,
        }
        self._options = _Options({name: value for name, value in given.items() if value is not None})
        native = dict(self._options.given)
        key = native.pop("api_key") if callable(api_key) else None
        if key is not None:
            native["key_per_request"] = True
        self._sender = Sender(_native.NativeClient(_written(native)), key, warns=parameters == "warn")

    @property
    def base_url(self) -> str:
        """Where the endpoint is."""
        return self._sender.native.base_url

    @property
    def spent(self) -> Spent:
        """What this client's answers cost so far, in dollars, and the state of its budget."""
        from ._generated.types import Spent

        return Spent(self._sender.native.spent())

    def with_options(self, **options: Any) -> Self:
        """Return a client with some options changed: those that the constructor takes. Its `spent` and its budget begin anew."""
        return type(self)(**{**self._options.given, **options})

    #: The same.
    copy = with_options

    def is_closed(self) -> bool:
        """Return whether the client was closed."""
        native: Any = self._sender.native
        return isinstance(native, _Closed)

    def _close(self) -> None:
        if not self.is_closed():
            native = self._sender.native
            closed: Any = _Closed(native)
            self._sender.native = closed
            native.close()

    def __copy__(self) -> Self:
        return self.with_options()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.with_options()

    def __reduce__(self) -> tuple[Any, ...]:
        # Configuration alone: the copy opens connections of its own.
        for name, value in self._options.given.items():
            if callable(value):
                _check_picklable(name, value)
        return _make, (type(self), self._options.given)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"


def _members(given: Any) -> Any:
    """Return a mapping as a dict; a string stays as it is, for the core to refuse."""
    return given if given is None or isinstance(given, (str, bytes)) else dict(given)


def _written(options: dict[str, Any]) -> dict[str, Any]:
    """Write amounts and a catalogue as the core reads them."""
    if options.keys() & {"budget", "prices", "catalog"}:
        from ._objects.amounts import plain

        return {name: plain(value) for name, value in options.items()}
    return options


def _catalog(given: Any) -> Catalog:
    from ._objects.catalog import Catalog

    return given if isinstance(given, Catalog) else Catalog(given)


def _check_picklable(name: str, value: Any) -> None:
    from pickle import PicklingError, dumps

    try:
        dumps(value)
    except Exception as error:
        message = (
            f"the client can't be pickled, since its {name} can't: {error}; give a function that a module has by name"
        )
        raise PicklingError(message) from error


def _make(kind: type[_Base], options: dict[str, Any]) -> _Base:
    return kind(**options)


class Client(_Base):
    """A client whose calls wait for their answer."""

    if TYPE_CHECKING:
        chat: Chat
        """Chat completions."""

        messages: Messages
        """Messages, in Anthropic's format."""

        models: Models
        """Models that the endpoint offers."""
    else:
        chat = _Part("._resources.chat", "Chat", "Chat completions.")
        messages = _Part("._resources.messages", "Messages", "Messages, in Anthropic's format.")
        models = _Part("._resources.models", "Models", "Models that the endpoint offers.")

    def close(self) -> None:
        """Close the client and its connections, from any thread.

        Running calls and streams end with `APIUserAbortError`; a stream's error carries what came in `partial`.
        """
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(_Base):
    """A client whose calls are awaited. It belongs to no event loop and may be used in several."""

    if TYPE_CHECKING:
        chat: AsyncChat
        """Chat completions."""

        messages: AsyncMessages
        """Messages, in Anthropic's format."""

        models: AsyncModels
        """Models that the endpoint offers."""
    else:
        chat = _Part("._resources.chat", "AsyncChat", "Chat completions.")
        messages = _Part("._resources.messages", "AsyncMessages", "Messages, in Anthropic's format.")
        models = _Part("._resources.models", "AsyncModels", "Models that the endpoint offers.")

    async def close(self) -> None:
        """Close the client and its connections, from any thread.

        Running calls and streams end with `APIUserAbortError`; a stream's error carries what came in `partial`.
        """
        self._close()

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
