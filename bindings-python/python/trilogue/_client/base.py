"""What both clients share: the constructor, with all options, and the properties.

Options are passed on as they are given: the core checks and interprets them.
"""

from __future__ import annotations

from .. import _native
from .._sender import Sender
from .closed import ClosedClient
from .options import Options, keep, prepare, set_core_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from decimal import Decimal
    from typing import Any, ClassVar, Literal

    from typing_extensions import Self

    from .._generated.types import LimitsState, PromptTokens, Spent
    from .._hooks.requests import EventHook, RequestHook, ResponseHook
    from .._objects.catalog import Catalog
    from .._objects.timeout import Timeout
    from .._transport import AsyncTransport, Transport


class LazyPart:
    """A part of a client that is created at first use, so that a program loads only what it uses."""

    def __init__(self, module: str, kind: str, doc: str) -> None:
        self._location = (module, kind)
        self._name = ""
        self.__doc__ = doc

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    def __get__(self, client: BaseClient | None, owner: type[Any]) -> Any:
        if client is None:
            return self
        from importlib import import_module

        module, kind = self._location
        create = getattr(import_module(f"..{module}", __package__), kind)
        part = client.__dict__[self._name] = create(client._sender)
        return part


class BaseClient:
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
        fallbacks: Sequence[BaseClient | Mapping[str, Any]] | None = None,
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
            "default_headers": default_headers,
            "default_query": default_query,
            "auth": auth,
            "model_field": model_field,
            "max_event_bytes": max_event_bytes,
            "max_response_bytes": max_response_bytes,
            "include_raw": include_raw,
            "require_finish_reason": require_finish_reason,
            "proxy": proxy,
            "ca_bundle": ca_bundle,
            "client_cert": client_cert,
            "budget": budget,
            "prices": prices,
            "catalog": catalog,
            "parameters": parameters,
            "transport": transport,
            "http_client": http_client,
            "on_request": on_request,
            "on_response": on_response,
            "on_event": on_event,
        }
        self._options = keep(given)
        prepared = prepare(self._options.given, is_async=self._sender_kind is Sender)
        create_sender: Callable[..., Sender] = self._sender_kind
        if prepared.hooks:
            from .._hooks.sender import hooked

            create_sender = hooked(self._sender_kind, prepared.hooks)
        #: The options as the core reads them, for clients that have this one as a fallback.
        self._core_options = Options(prepared.core)
        native = _native.NativeClient(prepared.core, prepared.bind)
        self._sender = create_sender(native, prepared.key, warns=parameters == "warn")
        self._sender.whole_timeout = prepared.whole_timeout

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
        set_core_key(self._core_options.given, key)
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
        from .._generated.types import Spent

        return Spent(self._sender.native.spent())

    @property
    def limits(self) -> LimitsState:
        """The state of this client's rate limits: calls in flight and waiting, the current limits, and what the server announced last."""
        from .._generated.types import LimitsState

        return LimitsState(self._sender.native.limits())

    def count_tokens(
        self,
        *,
        messages: Any,
        model: str,
        endpoint: Literal["chat", "messages"] = "chat",
        profile: Literal["harmony", "jinja"] = "harmony",
        **request: Any,
    ) -> PromptTokens:
        """Return the number of tokens of a request's prompt, counted offline; see `trilogue.tokens.count_prompt`."""
        from ..tokens import count_prompt

        return count_prompt({"model": model, "messages": messages, **request}, endpoint=endpoint, profile=profile)

    def render(
        self,
        *,
        messages: Any,
        model: str | None = None,
        endpoint: Literal["chat", "messages"] = "chat",
        profile: Literal["harmony", "jinja"] = "harmony",
        date: str | None = None,
        **request: Any,
    ) -> str:
        """Return the prompt of a request as text; see `trilogue.tokens.render_prompt`.

        `model` has no effect: the prompt is that of the gpt-oss models.
        """
        from ..tokens import render_prompt

        del model
        return render_prompt({"messages": messages, **request}, endpoint=endpoint, profile=profile, date=date)

    def with_options(self, **options: Any) -> Self:
        """Return a new client with some of the options changed. Its `spent`, its budget and its rate limits are its own, and start anew."""
        return type(self)(**{**self._options.given, **options})

    #: Another name of `with_options`.
    copy = with_options

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Raise the error of a part that only the official clients have."""
            from .._resources.unsupported import missing

            raise missing("client", name)

    def is_closed(self) -> bool:
        """Return whether the client is closed."""
        native: Any = self._sender.native
        return isinstance(native, ClosedClient)

    def _close(self) -> None:
        if not self.is_closed():
            native = self._sender.native
            closed: Any = ClosedClient(native)
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


def _check_picklable(name: str, value: Any) -> None:
    from pickle import PicklingError, dumps

    try:
        dumps(value)
    except Exception as error:
        message = f"the client can't be pickled, since its {name} can't: {error}; pass a function that is defined at module level"
        raise PicklingError(message) from error


def _make(kind: type[BaseClient], options: dict[str, Any]) -> BaseClient:
    return kind(**options)
