"""The two clients.

Options are passed on as they are given: the core checks and interprets them.
"""

from __future__ import annotations

import atexit
import os

from . import _native
from ._sender import BlockingSender, Sender, is_given

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from decimal import Decimal
    from types import TracebackType
    from typing import Any, ClassVar, Literal

    from typing_extensions import Self

    from ._batch.run import BatchSummary
    from ._generated.types import LimitsState, Spent
    from ._objects.catalog import Catalog
    from ._objects.timeout import Timeout
    from ._observability.hooks import EventHook, RequestHook, ResponseHook
    from ._resources.beta import AsyncBeta, Beta
    from ._resources.chat import AsyncChat, Chat
    from ._resources.messages import AsyncMessages, Messages
    from ._resources.models import AsyncModels, Models
    from ._transport import AsyncTransport, Transport

# A thread that outlives the interpreter would abort the process.
atexit.register(_native.shutdown)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_native.forked)


#: The options with functions that see the requests, the responses and the items of streams.
_HOOKS = ("on_request", "on_response", "on_event")


class _LazyPart:
    """A part of a client that is created at first use, so that a program loads only what it uses."""

    def __init__(self, module: str, kind: str, doc: str) -> None:
        self._location = (module, kind)
        self._name = ""
        self.__doc__ = doc

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    def __get__(self, client: _Base | None, owner: type[Any]) -> Any:
        if client is None:
            return self
        from importlib import import_module

        module, kind = self._location
        part = client.__dict__[self._name] = getattr(import_module(module, __package__), kind)(client._sender)
        return part


class _Closed:
    """Replaces the native client of a closed client."""

    def __init__(self, native: _native.NativeClient) -> None:
        spent, limits = native.spent(), native.limits()
        self.base_url = native.base_url
        self.api_key = native.api_key
        #: The amounts and the limits at the time of the close.
        self.spent = lambda: spent
        self.limits = lambda: limits

    def __getattr__(self, name: str) -> Any:
        message = "the client was closed; `with_options()` creates an open one"
        raise RuntimeError(message)


class _Options:
    """A client's options, without a `repr` that shows them: a key is among them."""

    __slots__ = ("given",)

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given


class _Base:
    """Members that both clients share."""

    _sender_kind: ClassVar[type[Sender]]

    def __init__(
        self,
        *,
        api_key: str | Callable[[], str] | Callable[[], Awaitable[str]] | None = None,
        base_url: str | None = None,
        timeout: float | Timeout | None = None,
        connect_timeout: float | None = None,
        first_token_timeout: float | None = None,
        idle_timeout: float | None = None,
        max_retries: int | None = None,
        max_retry_after: float | None = None,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        max_in_flight: int | None = None,
        adaptive: bool | None = None,
        queue_timeout: float | None = None,
        fallbacks: Sequence[Client | AsyncClient | Mapping[str, Any]] | None = None,
        fallback_on: Sequence[Literal["context_length", "content_filter"]] | None = None,
        on_cut: Literal["error", "continue"] | None = None,
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
        transport: Transport | AsyncTransport | None = None,
        http_client: Any = None,
        on_request: RequestHook | None = None,
        on_response: ResponseHook | None = None,
        on_event: EventHook | None = None,
    ) -> None:
        """Create a client. Times are in seconds.

        api_key: the key, or a function that returns it for each request; by default `OPENAI_API_KEY` or `ANTHROPIC_API_KEY` if the base URL is
            OpenAI's or Anthropic's, else `MODELSLAB_API_KEY`. Required unless the base URL is on this machine.
        base_url: the URL of the endpoint; by default `MODELSLAB_BASE_URL`, else ModelsLab's.
        timeout: the limit of one try of a call, from sending to its last byte (600); or a `Timeout`, also one of httpx.
        connect_timeout: the limit for making a connection (10).
        first_token_timeout: the limit from sending to a stream's first token (300).
        idle_timeout: the limit between two tokens; keep-alive comments don't extend it (120).
        max_retries: how often a failed request is sent again (2).
        max_retry_after: the longest wait that a server may request; if it requests more, the call fails at once (60).
        requests_per_minute, tokens_per_minute, max_in_flight: limits that a call waits for, first come, first served (none). Requests are paced
            evenly. A call reserves the tokens that it may use, and returns the rest when its usage is known; a stream is in flight until it ends.
        adaptive: learn the server's limits: pace requests at the rate that it grants, and send fewer at a time while it is overloaded (False).
        queue_timeout: the longest wait for these limits (none); a call that waits longer is a QueueTimeoutError.
        fallbacks: endpoints and models for calls that this endpoint fails to answer, in order: clients, or dicts of options such as `base_url`,
            `api_key`, `model` and `format`. A call is sent to the next one after its last retry, and at once after a time limit or with an exhausted
            quota. An endpoint that keeps failing rests, for all calls of the client. Errors of the request itself never cause a fallback. A client
            stands for its options; its budget, its transport and its hooks have no effect here (none).
        fallback_on: further causes for a fallback: `context_length`, for models with a larger context; `content_filter` (none).
        on_cut: what happens to a stream that breaks after its first token: `error`, or `continue`: the next endpoint, or the same, continues the
            partial answer (`error`).
        default_headers, default_query: sent with every request.
        auth: how the key is sent; by default `x-api-key` for Anthropic's hosts, else `bearer`. model_field: the name of the body's field with the model.
        max_event_bytes, max_response_bytes: limits on the size of an event and of a response (32 MiB, 128 MiB). The values of an event may
            take four times as much memory, those of a response three times; beyond that the call fails with a LimitExceededError.
        require_finish_reason: raise IncompleteStreamError for a stream that ends without a `finish_reason` (or `stop_reason`); by default
            it is accepted, with a warning to the logger `trilogue` (False).
        include_raw: keep the JSON text of each chunk and event, as its `raw_json` (False).
        proxy: the URL of a proxy (`http`, `https`, `socks5`, `socks5h`), with user and password if it needs them; `""` for none; by
            default `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
        ca_bundle: a PEM file with the only trusted authorities; by default `SSL_CERT_FILE` and `SSL_CERT_DIR`, else Mozilla's and the
            system's.
        client_cert: a PEM file with the client's own certificate and its key.
        budget: the highest total cost of all requests, in dollars. A float counts as it is written: `0.1` is a tenth.
        prices: by model, `{"input": …, "output": …, "cache_read": …, "cache_write": …}` in dollars per million tokens; the last two
            default to the input's. They take precedence over the catalogue's.
        catalog: a catalogue that replaces `trilogue.catalog`, or the path of its file.
        parameters: how a parameter out of its range is reported, where the range is the model's in the catalogue, else the documented one
            of the API: as an InvalidRequestError (`error`), as a warning (`warn`), or not (`off`). By default an error if the catalogue has
            ranges for the model, else not, since endpoints differ.
        transport: a function that sends the requests instead of this package's connections. It gets the method, the URL, the headers and the
            body, and returns `(status, headers, body)`; the body is bytes, or an iterable of bytes that are not compressed. With `AsyncClient`
            the function and the iterable may be asynchronous; a synchronous function runs in a thread of its own. Retries and time limits
            apply as always. Not together with `proxy`, `ca_bundle`, `client_cert` and `connect_timeout`.
        http_client: an `httpx.Client`, for `AsyncClient` an `httpx.AsyncClient`, that sends the requests instead; the time limits stay this client's.
            Not together with `transport`.
        on_request: a function that is called with each request (a `HookRequest`) once, before it waits for rate limits. It may change the body and
            the headers, or return another body; the changed request is checked like any other. With `AsyncClient`, the three functions may be
            asynchronous.
        on_response: a function that is called with the status and the headers of each answer (a `HookResponse`): when a stream has begun, when a
            whole answer has arrived, and when a call has failed with a status.
        on_event: a function that is called with each chunk or event of each stream, just before the program gets it. It observes: a change
            of the object contradicts the result. An exception of one of the three functions ends its call only, and is raised by the call.

        Raises ConfigurationError if an option is missing or wrong, TypeError if a hook of a `Client` is asynchronous.
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
            "requests_per_minute": requests_per_minute,
            "tokens_per_minute": tokens_per_minute,
            "max_in_flight": max_in_flight,
            "adaptive": adaptive,
            "queue_timeout": queue_timeout,
            "fallbacks": fallbacks,
            "fallback_on": fallback_on,
            "on_cut": on_cut,
            "default_headers": _as_dict(default_headers),
            "default_query": _as_dict(default_query),
            "auth": auth,
            "model_field": model_field,
            "max_event_bytes": max_event_bytes,
            "max_response_bytes": max_response_bytes,
            "include_raw": include_raw,
            "require_finish_reason": require_finish_reason,
            "proxy": proxy,
            "ca_bundle": _path(ca_bundle),
            "client_cert": _path(client_cert),
            "budget": budget,
            "prices": {model: dict(price) for model, price in prices.items()} if is_given(prices) else None,
            "catalog": _catalog(catalog) if is_given(catalog) else None,
            "parameters": parameters,
            "transport": transport,
            "http_client": http_client,
            "on_request": on_request,
            "on_response": on_response,
            "on_event": on_event,
        }
        self._options = _Options({name: value for name, value in given.items() if is_given(value)})
        native = dict(self._options.given)
        limits = native.pop("timeout") if hasattr(native.get("timeout"), "read") else None
        if limits is not None:
            from ._objects.timeout import client_limits

            # A transport makes its own connections.
            has_transport = bool(native.keys() & {"transport", "http_client"})
            native = {**client_limits(limits, connects=not has_transport), **native}
        key = native.pop("api_key") if callable(native.get("api_key")) else None
        if key is not None:
            native["key_per_request"] = True
        if "fallbacks" in native:
            native["fallbacks"] = _to_fallbacks(native["fallbacks"])
        if native.pop("http_client", None) is not None:
            from ._http_client import transport_of

            if "transport" in native:
                from ._generated.errors import ConfigurationError

                message = "transport and http_client can't be combined: each sends the requests; pass one"
                raise ConfigurationError(message)

            transport = native["transport"] = transport_of(http_client, is_async=self._sender_kind is Sender)
        bind = None
        if native.pop("transport", None) is not None:
            from ._transport import binder

            bind = binder(transport, is_async=self._sender_kind is Sender)
        create_sender: Callable[..., Sender] = self._sender_kind
        hooks = {name: native.pop(name) for name in _HOOKS if name in native}
        if hooks:
            from ._observability.hooks import hooked

            create_sender = hooked(self._sender_kind, hooks)
        #: The options as the core reads them, for clients that have this one as a fallback.
        self._core_options = _Options(_plain(native))
        self._sender = create_sender(
            _native.NativeClient(self._core_options.given, bind), key, warns=parameters == "warn"
        )
        self._sender.whole_timeout = None if limits is None else limits.read

    @property
    def base_url(self) -> str:
        """The URL of the endpoint."""
        return self._sender.native.base_url

    @property
    def api_key(self) -> Any:
        """The key that was given, or that of the environment; `None` without one. A function is returned as it is."""
        key = self._options.given.get("api_key")
        return self._sender.native.api_key if key is None else key

    @api_key.setter
    def api_key(self, key: str) -> None:
        self._options.given["api_key"] = key
        self._sender.set_key(key)

    @property
    def timeout(self) -> Any:
        """The option of this name; `None` for the default."""
        return self._options.given.get("timeout")

    @property
    def max_retries(self) -> Any:
        """The option of this name; `None` for the default."""
        return self._options.given.get("max_retries")

    @property
    def default_headers(self) -> dict[str, str]:
        """The headers that were given for every request."""
        return dict(self._options.given.get("default_headers") or {})

    @property
    def default_query(self) -> dict[str, object]:
        """The query parameters that were given for every request."""
        return dict(self._options.given.get("default_query") or {})

    @property
    def spent(self) -> Spent:
        """The cost of this client's answers so far, in dollars, and the state of its budget."""
        from ._generated.types import Spent

        return Spent(self._sender.native.spent())

    @property
    def limits(self) -> LimitsState:
        """The state of this client's rate limits: calls in flight and waiting, the current limits, and what the server announced last."""
        from ._generated.types import LimitsState

        return LimitsState(self._sender.native.limits())

    def with_options(self, **options: Any) -> Self:
        """Return a new client with some of the options changed. Its `spent`, its budget and its rate limits are its own, and start anew."""
        return type(self)(**{**self._options.given, **options})

    #: Another name of `with_options`.
    copy = with_options

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Raise the error of a part that only the official clients have."""
            from ._resources.unsupported import missing

            raise missing("client", name)

    def is_closed(self) -> bool:
        """Return whether the client is closed."""
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
        # The configuration only: the copy opens its own connections.
        for name, value in self._options.given.items():
            if callable(value):
                _check_picklable(name, value)
        return _make, (type(self), self._options.given)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"


def _as_dict(value: Any) -> Any:
    """Return a mapping as a dict. A string stays unchanged, for the core to refuse, as does a value that is not given."""
    return dict(value) if is_given(value) and not isinstance(value, (str, bytes)) else value


def _path(value: Any) -> str | None:
    return os.fsdecode(value) if is_given(value) else None


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with amounts and a catalogue as JSON values."""
    if options.keys() & {"budget", "prices", "catalog"}:
        from ._objects.amounts import plain

        return {name: plain(value) for name, value in options.items()}
    return options


def _to_fallbacks(fallbacks: Any) -> Any:
    """Return fallbacks as the core reads them: a client stands for its options."""
    if isinstance(fallbacks, (str, bytes)) or hasattr(fallbacks, "keys") or not hasattr(fallbacks, "__iter__"):
        return fallbacks
    return [_to_fallback(fallback) for fallback in fallbacks]


def _to_fallback(fallback: Any) -> Any:
    if isinstance(fallback, _Base):
        return {"client": fallback._core_options.given}
    if hasattr(fallback, "keys"):
        options = {name: value for name, value in fallback.items() if is_given(value)}
        if isinstance(options.get("client"), _Base):
            options["client"] = options["client"]._core_options.given
        return options
    return fallback


def _catalog(source: Any) -> Catalog:
    from ._objects.catalog import Catalog

    return source if isinstance(source, Catalog) else Catalog(source)


def _check_picklable(name: str, value: Any) -> None:
    from pickle import PicklingError, dumps

    try:
        dumps(value)
    except Exception as error:
        message = f"the client can't be pickled, since its {name} can't: {error}; pass a function that is defined at module level"
        raise PicklingError(message) from error


def _make(kind: type[_Base], options: dict[str, Any]) -> _Base:
    return kind(**options)


class Client(_Base):
    """A client whose calls block until they have their answer."""

    _sender_kind = BlockingSender

    if TYPE_CHECKING:
        chat: Chat
        """Chat completions."""

        messages: Messages
        """Messages, in Anthropic's format."""

        models: Models
        """Models that the endpoint offers."""

        beta: Beta
        """The same methods, where the official clients have them while they are new."""
    else:
        chat = _LazyPart("._resources.chat", "Chat", "Chat completions.")
        messages = _LazyPart("._resources.messages", "Messages", "Messages, in Anthropic's format.")
        models = _LazyPart("._resources.models", "Models", "Models that the endpoint offers.")
        beta = _LazyPart(
            "._resources.beta", "Beta", "The same methods, where the official clients have them while they are new."
        )

    def batch(
        self,
        input: str | os.PathLike[str],
        log: str | os.PathLike[str],
        *,
        template: str | Mapping[str, Any] | None = None,
        model: str | None = None,
        rpm: float | None = None,
        tpm: float | None = None,
        budget: Decimal | str | float | None = None,
        in_flight: int | None = None,
        sync: Literal["row", "1s", "none"] | None = None,
        equal_rows: Literal["each", "once"] | None = None,
        retry_failed: bool = False,
        order: bool = False,
        progress: Callable[[BatchSummary], object] | None = None,
    ) -> BatchSummary:
        """Send the rows of a file, and write their answers to a log, which is the output.

        Running the same call again continues a run that ended early: rows with a line in the log are not sent again. Ctrl-C once finishes the rows
        in flight, twice stops at once; both raise KeyboardInterrupt, and the log stays valid.

        input: JSON lines: OpenAI's batch lines (`custom_id`, `method`, `url`, `body`), Anthropic's batch requests (`custom_id`, `params`), bodies of
            chat completions, or with a template any objects. Each line is checked before the first row is sent.
        log: the file of the output: OpenAI's output lines with `usage`, `cost`, `attempts`, `ms` and `outcome`.
        template: a text such as `"Summarize {text}"`, or a request with such texts; its columns are members of the rows. model: its model.
        rpm, tpm: the most requests and tokens per minute, for a client of its own; by default those of this client, else they are learned from the
            server. A row never fails because the server refused it for its rate limit.
        budget: the most that all rows of the log may cost, in dollars, those of earlier runs included; by default this client's.
        in_flight: the most rows in flight (128).
        sync: when lines are synced to the disk: `row`, before the row counts; `1s`, once in a second; `none`, by the system (`1s`).
        equal_rows: whether equal rows without a `custom_id` are sent `each`, or `once` (`each`).
        retry_failed: send the rows again whose last line is an error (False).
        order: give the log the order of the input at the end (False).
        progress: a function that is called with the counts so far, about ten times in a second.

        Raises InvalidRequestError for a broken, repeated or changed row, ConfigurationError for a wrong option, APIError for a file that can't be
        written, and the error of a call that each row would have, such as a wrong key.
        """
        from ._batch.run import run_batch

        return run_batch(
            self,
            input,
            log,
            progress,
            rpm=rpm,
            tpm=tpm,
            template=template,
            model=model,
            budget=budget,
            in_flight=in_flight,
            sync=sync,
            equal_rows=equal_rows,
            retry_failed=retry_failed,
            order=order,
        )

    def close(self) -> None:
        """Close the client and its connections, from any thread.

        Calls and streams in progress end with `APIUserAbortError`; a stream's error has the answer so far in `partial`.
        """
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(_Base):
    """A client whose calls are awaited. It is not bound to an event loop, and may be used in several."""

    _sender_kind = Sender

    if TYPE_CHECKING:
        chat: AsyncChat
        """Chat completions."""

        messages: AsyncMessages
        """Messages, in Anthropic's format."""

        models: AsyncModels
        """Models that the endpoint offers."""

        beta: AsyncBeta
        """The same methods, where the official clients have them while they are new."""
    else:
        chat = _LazyPart("._resources.chat", "AsyncChat", "Chat completions.")
        messages = _LazyPart("._resources.messages", "AsyncMessages", "Messages, in Anthropic's format.")
        models = _LazyPart("._resources.models", "AsyncModels", "Models that the endpoint offers.")
        beta = _LazyPart(
            "._resources.beta",
            "AsyncBeta",
            "The same methods, where the official clients have them while they are new.",
        )

    async def batch(
        self,
        input: str | os.PathLike[str],
        log: str | os.PathLike[str],
        *,
        template: str | Mapping[str, Any] | None = None,
        model: str | None = None,
        rpm: float | None = None,
        tpm: float | None = None,
        budget: Decimal | str | float | None = None,
        in_flight: int | None = None,
        sync: Literal["row", "1s", "none"] | None = None,
        equal_rows: Literal["each", "once"] | None = None,
        retry_failed: bool = False,
        order: bool = False,
        progress: Callable[[BatchSummary], object] | None = None,
    ) -> BatchSummary:
        """Send the rows of a file, and write their answers to a log, which is the output.

        Running the same call again continues a run that ended early: rows with a line in the log are not sent again. A cancelled call ends the run at
        once, and the log stays valid. The arguments are those of `Client.batch`.

        Raises InvalidRequestError for a broken, repeated or changed row, ConfigurationError for a wrong option, APIError for a file that can't be
        written, and the error of a call that each row would have, such as a wrong key.
        """
        from ._batch.run import run_batch_async

        return await run_batch_async(
            self,
            input,
            log,
            progress,
            rpm=rpm,
            tpm=tpm,
            template=template,
            model=model,
            budget=budget,
            in_flight=in_flight,
            sync=sync,
            equal_rows=equal_rows,
            retry_failed=retry_failed,
            order=order,
        )

    async def close(self) -> None:
        """Close the client and its connections, from any thread.

        Calls and streams in progress end with `APIUserAbortError`; a stream's error has the answer so far in `partial`.
        """
        self._close()

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


def _name_constructor(kind: type[_Base]) -> None:
    """Give the constructor the name of its class, which messages about wrong arguments have."""
    shared: Any = _Base.__init__
    own = type(shared)(shared.__code__, shared.__globals__, "__init__", shared.__defaults__, shared.__closure__)
    own.__kwdefaults__, own.__annotations__, own.__doc__ = shared.__kwdefaults__, shared.__annotations__, shared.__doc__
    own.__qualname__ = kind.__name__
    kind.__init__ = own  # type: ignore[method-assign]


_name_constructor(Client)
_name_constructor(AsyncClient)
