"""Overrides how an official client sends a request.

The official client prepares each request and interprets each response, so its options, its classes and its helpers stay as they are. In
between, this module sends requests for answers and models through the core, which repairs, retries and limits them. All other requests are the
official client's own.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

from .._generated.constants import KEY_HEADERS
from .._generated.errors import APIError
from .._sender import run_blocking
from .errors import translate
from .streams import AsyncBody, Body, stream_class

if TYPE_CHECKING:
    from types import ModuleType

    from .._client import AsyncClient, Client
    from .._sender import Reply

#: The limit of what the official client doesn't limit, in seconds: a week.
_NO_LIMIT = 7 * 24 * 3600.0
#: The official clients' own HTTP clients. Another one was passed by the program, and sends the requests.
_OWN_HTTP_CLIENTS = ("SyncHttpxClientWrapper", "AsyncHttpxClientWrapper")
#: Headers that belong to a connection, or to the official client's own processing of a response.
_NOT_SENT = frozenset(("accept-encoding", "connection", "content-length", "host", "x-stainless-raw-response"))
#: Headers that describe the encoding of a body, which the core has decoded.
_DECODED = frozenset(("content-encoding", "content-length", "transfer-encoding"))
#: Replace the headers with the key that the core would add.
_NO_KEY = dict.fromkeys(KEY_HEADERS)


class Prepared:
    """A request that the core sends, and what the official client needs to interpret its response."""

    def __init__(self, client: Any, endpoint: str, options: Any, *, stream: bool) -> None:
        self.endpoint = endpoint
        self.options = options
        #: The request as the official client would send it.
        self.http_request = client._build_request(options)
        self.is_async = isinstance(client, AsyncRequests)
        self._httpx: ModuleType = sys.modules[type(self.http_request).__module__.partition(".")[0]]
        self._started = monotonic()
        headers = {name: value for name, value in self.http_request.headers.items() if name not in _NOT_SENT}
        self.request: dict[str, Any] = {
            "extra_headers": {**_NO_KEY, **headers},
            "extra_query": dict(self.http_request.url.params.items()),
            "max_retries": options.get_max_retries(client.max_retries),
            **_limits(self.http_request.extensions.get("timeout", {}).get("read"), stream=stream),
        }
        if options.method.lower() != "get":
            self._add_body({**(options.json_data or {}), **(options.extra_json or {})})

    def _add_body(self, body: dict[str, Any]) -> None:
        """Add the fields of a body. Those that the sender would drop, or take for options, are added as `extra_body`."""
        from .._sender import _load_options

        options = _load_options()
        extra = {name: body.pop(name) for name in list(body) if body[name] is None or name in options}
        body.pop("stream", None)
        self.request.update(body)
        if extra:
            self.request["extra_body"] = extra

    def response(self, reply: Reply) -> Any:
        """Return the official client's response of a complete reply."""
        import json

        value, status, headers, _ = reply
        value.pop("cost", None)
        _restore_reasoning(value)
        content = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return self._response(status, headers, content=content)

    def stream_response(self, native: Any) -> Any:
        """Return the official client's response of a stream."""
        kind, base = (AsyncBody, "AsyncByteStream") if self.is_async else (Body, "SyncByteStream")
        body = kind.over(native, getattr(self._httpx, base), self.endpoint)
        return self._response(native.status, native.headers, stream=body, extensions={"trilogue": body})

    def _response(self, status: int, headers: Any, **content: Any) -> Any:
        pairs = headers.items() if isinstance(headers, dict) else headers
        kept = [(name, value) for name, value in pairs if name not in _DECODED]
        response = self._httpx.Response(status, headers=kept, request=self.http_request, **content)
        response.elapsed = timedelta(seconds=monotonic() - self._started)
        return response


def _limits(read: float | None, *, stream: bool) -> dict[str, float]:
    """Return the time limits of a request: the official limit is that of one read."""
    limit = _NO_LIMIT if read is None else read
    if stream:
        return {"timeout": _NO_LIMIT, "first_token_timeout": limit, "idle_timeout": limit}
    return {"timeout": limit}


def _restore_reasoning(reply: dict[str, Any]) -> None:
    """Give the reasoning of a chat completion the name that the server used."""
    for choice in reply.get("choices") or ():
        message = choice.get("message") or {}
        name = message.pop("reasoning_field", None)
        if name is not None and "reasoning" in message:
            message[name] = message.pop("reasoning")


def endpoint_of(client: Any, options: Any) -> str | None:
    """Return the core's endpoint of a request; `None` for one that the official client sends."""
    for name in ("_middleware", "_provider_runtime", "_workload_identity_auth", "custom_auth"):
        # Each of them changes the official client's own requests.
        if getattr(client, name, None):
            return None
    method, url = options.method.lower(), str(options.url)
    path = url.partition("?")[0].strip("/")
    endpoint = client._core_endpoints.get((method, path))
    if endpoint is not None:
        return str(endpoint)
    models: str = client._core_models
    # The core's path of models is below `v1`.
    if method == "get" and (models.startswith("v1/") or client.base_url.path.rstrip("/").endswith("/v1")):
        if path == models:
            return "models"
        if path.startswith(f"{models}/"):
            from urllib.parse import unquote

            return f"models/{unquote(path[len(models) + 1 :])}"
    return None


class _Requests:
    """Members that both kinds of client share."""

    #: Endpoints of the core by method and path.
    _core_endpoints: dict[tuple[str, str], str]
    #: The path of models.
    _core_models: str
    #: The package of the official client.
    _core_package: Any

    def _core(self) -> Any:
        """Return the client that sends the requests. Copies of an official client share it."""
        client: Any = self
        clients = client.__dict__.setdefault("_core_clients", {})
        own = type(client._client).__name__ in _OWN_HTTP_CLIENTS
        connect = getattr(client.timeout, "connect", None) if own else None
        key = (str(client.base_url), connect, own)
        core = clients.get(key)
        if core is None:
            core = clients[key] = self._make_core(
                # The official client makes the headers with the key.
                api_key=str,
                base_url=key[0].rstrip("/"),
                connect_timeout=connect,
                parameters="off",
                http_client=None if own else client._client,
                **client.__dict__.get("_core_hooks", {}),
            )
        return core

    def _make_core(self, **options: Any) -> Client | AsyncClient:
        raise NotImplementedError

    def copy(self, **options: Any) -> Any:
        """Return a copy with other options, which shares the connections."""
        official: Any = super()
        copied = official.copy(**options)
        copied.__dict__["_core_hooks"] = self.__dict__.get("_core_hooks", {})
        if options.get("http_client") is None:
            copied.__dict__["_core_clients"] = self.__dict__.setdefault("_core_clients", {})
        return copied

    with_options = copy

    def with_hooks(self, *, on_request: Any = None, on_response: Any = None, on_event: Any = None) -> Any:
        """Return a copy with these hooks, for the requests that this package sends. It has connections of its own.

        The hooks are those of `trilogue.Client`; `on_event` gets the official client's objects.
        """
        copied = self.copy()
        hooks = {"on_request": on_request, "on_response": on_response, "on_event": on_event}
        # The clients of the core have the hooks.
        copied.__dict__.update(_core_hooks=hooks, _core_clients={})
        copied._core()
        return copied

    def _translate(self, error: APIError, prepared: Prepared) -> BaseException:
        return translate(error, self._core_package, prepared.http_request)


def _prepared_copy(client: Any, options: Any) -> Any:
    """Return a copy of the options of a request, with its body prepared."""
    prepare = getattr(client, "_copy_and_prepare", None)
    return options.model_copy() if prepare is None else prepare(options)


class BlockingRequests(_Requests):
    """Overrides of a synchronous client."""

    def request(self, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None) -> Any:
        """Send a request."""
        client: Any = self
        endpoint = endpoint_of(client, options)
        if endpoint is None:
            official: Any = super()
            return official.request(cast_to, options, stream=stream, stream_cls=stream_cls)
        cast_to = client._maybe_override_cast_to(cast_to, options)
        options = client._prepare_options(_prepared_copy(client, options))
        prepared = Prepared(client, endpoint, options, stream=stream)
        sender = self._core()._sender
        try:
            if stream:
                native = run_blocking(sender.stream(endpoint, prepared.request))
                response, retries_taken = prepared.stream_response(native), native.retries_taken
            else:
                reply = run_blocking(sender.call(endpoint, prepared.request))
                response, retries_taken = prepared.response(reply), reply[3]
        except APIError as error:
            raise self._translate(error, prepared) from error.__cause__
        return client._process_response(
            cast_to=cast_to,
            options=options,
            response=response,
            stream=stream,
            stream_cls=stream_class(stream_cls, self._core_package),
            retries_taken=retries_taken,
        )

    def _make_core(self, **options: Any) -> Client:
        from .._client import Client

        return Client(**options)

    def close(self) -> None:
        """Close the client and its connections."""
        official: Any = super()
        official.close()
        for core in self.__dict__.get("_core_clients", {}).values():
            core.close()


class AsyncRequests(_Requests):
    """Overrides of an asynchronous client."""

    async def request(self, cast_to: Any, options: Any, *, stream: bool = False, stream_cls: Any = None) -> Any:
        """Send a request."""
        client: Any = self
        endpoint = endpoint_of(client, options)
        if endpoint is None:
            official: Any = super()
            return await official.request(cast_to, options, stream=stream, stream_cls=stream_cls)
        cast_to = client._maybe_override_cast_to(cast_to, options)
        options = _prepared_copy(client, options)
        if hasattr(options, "__await__"):
            options = await options
        options = await client._prepare_options(options)
        prepared = Prepared(client, endpoint, options, stream=stream)
        sender = self._core()._sender
        try:
            if stream:
                native = await sender.stream(endpoint, prepared.request)
                response, retries_taken = prepared.stream_response(native), native.retries_taken
            else:
                reply = await sender.call(endpoint, prepared.request)
                response, retries_taken = prepared.response(reply), reply[3]
        except APIError as error:
            raise self._translate(error, prepared) from error.__cause__
        return await client._process_response(
            cast_to=cast_to,
            options=options,
            response=response,
            stream=stream,
            stream_cls=stream_class(stream_cls, self._core_package),
            retries_taken=retries_taken,
        )

    def _make_core(self, **options: Any) -> AsyncClient:
        from .._client import AsyncClient

        return AsyncClient(**options)

    async def close(self) -> None:
        """Close the client and its connections."""
        official: Any = super()
        await official.close()
        for core in self.__dict__.get("_core_clients", {}).values():
            await core.close()
