"""The sender of a client with hooks, which calls `on_request` and `on_response`."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import iscoroutinefunction
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from .._generated.constants import KEY_HEADERS
from .._generated.errors import APIError, ConfigurationError, InvalidRequestError
from .._native import copy_json
from .._objects.response import Headers
from .._sender import BlockingSender, Sender, split
from .items import HookedStream, ItemHook, call_hook, needs_async
from .requests import HookRequest, HookResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._native import NativeStream
    from .._observability.run_trace import RunTrace
    from .._sender import Reply
    from .requests import EventHook, RequestHook, ResponseHook


class Hooks(NamedTuple):
    """The hooks of a client."""

    on_request: RequestHook | None = None
    on_response: ResponseHook | None = None
    on_event: EventHook | None = None


def hooked(kind: type[Sender], hooks: dict[str, Any]) -> Callable[..., Sender]:
    """Return what creates a sender with hooks. Raises ConfigurationError for a hook that is no function, TypeError for an asynchronous one of a `Client`."""
    is_async = kind is Sender
    for name, hook in hooks.items():
        if not callable(hook):
            message = f"{name} must be a function, not a {type(hook).__name__}"
            raise ConfigurationError(message)
        if not is_async and (iscoroutinefunction(hook) or iscoroutinefunction(type(hook).__call__)):
            raise needs_async(name)
    own = _HookedSender if is_async else _HookedBlockingSender

    def create(*arguments: Any, **options: Any) -> Sender:
        sender = own(*arguments, **options)
        sender.hooks = Hooks(**hooks)
        return sender

    return create


class _HookedSender(Sender):
    """Sends the requests of an `AsyncClient` with hooks."""

    hooks: Hooks
    _is_async = True

    async def call(self, endpoint: str, request: dict[str, Any], run: RunTrace | None = None) -> Reply:
        """Send a request and return its reply."""
        prepared, arguments = await self._begin(endpoint, request, stream=False)
        started = perf_counter()
        try:
            reply = await super().call(endpoint, arguments, run)
        except APIError as error:
            await self._fail(prepared, started, error)
            raise
        await self._respond(prepared, started, *reply[1:])
        return reply

    async def stream(self, endpoint: str, request: dict[str, Any], run: RunTrace | None = None) -> NativeStream:
        """Send a request and return its stream."""
        prepared, arguments = await self._begin(endpoint, request, stream=True)
        started = perf_counter()
        try:
            native = await super().stream(endpoint, arguments, run)
        except APIError as error:
            await self._fail(prepared, started, error)
            raise
        try:
            await self._respond(prepared, started, native.status, dict(native.headers), native.retries_taken)
        except BaseException:
            native.cancel()
            raise
        if prepared.on_event is None:
            return native
        stream: Any = HookedStream(native, ItemHook(prepared.on_event, is_async=self._is_async))
        return stream  # type: ignore[no-any-return]

    async def _begin(
        self, endpoint: str, request: dict[str, Any], *, stream: bool
    ) -> tuple[HookRequest, dict[str, Any]]:
        """Call `on_request`. Returns the request for the other hooks, and the arguments that are sent."""
        prepared = HookRequest(endpoint, stream=stream)
        prepared.on_event = self.hooks.on_event
        if self.hooks.on_request is None and self.hooks.on_response is None:
            return prepared, request
        body, options = split(request)
        prepared.body = copy_json(body)
        if stream:
            prepared.body["stream"] = True
        prepared.extra_body = copy_json({"extra_body": options.get("extra_body") or {}})["extra_body"]
        headers = dict(options.get("extra_headers") or {})
        keys = {name: headers.pop(name) for name in list(headers) if name.lower() in KEY_HEADERS}
        prepared.headers = headers
        if self.hooks.on_request is not None:
            replacement = await self._run("on_request", self.hooks.on_request, prepared)
            if replacement is not None and replacement is not prepared:
                _check_mapping("on_request must return a body as a dict, or nothing", replacement)
                prepared.body = dict(replacement)
        for name in ("body", "extra_body", "headers"):
            _check_mapping(f"{name} of a request must be a dict", getattr(prepared, name))
        self._check_body(prepared)
        # The headers of the program come last, and replace the key's.
        added = {"extra_headers": {**keys, **prepared.headers}, "extra_body": prepared.extra_body}
        options = {name: value for name, value in options.items() if name not in added}
        return prepared, {**prepared.body, **options, **{name: value for name, value in added.items() if value}}

    def _check_body(self, prepared: HookRequest) -> None:
        """Raise InvalidRequestError for fields that would be taken for options, and for another `stream`."""
        for name in split(prepared.body)[1]:
            message = f"{name} is an option of a request, and no field of its body: pass it to the call, or send a field of this name in extra_body"
            raise InvalidRequestError(message, {"param": name})
        if prepared.body.get("stream", prepared.stream) not in (prepared.stream, None):
            message = "on_request can't change stream, which the call has chosen"
            raise InvalidRequestError(message, {"param": "stream"})

    async def _respond(self, prepared: HookRequest, started: float, status: int, headers: Any, retries: int) -> None:
        if self.hooks.on_response is not None:
            elapsed = perf_counter() - started
            response = HookResponse(prepared, elapsed, status, Headers(headers), retries)
            await self._run("on_response", self.hooks.on_response, response)

    async def _fail(self, prepared: HookRequest, started: float, error: APIError) -> None:
        """Call `on_response` for an error with a status."""
        response = error.response
        if self.hooks.on_response is not None and response is not None:
            elapsed = perf_counter() - started
            failed = HookResponse(prepared, elapsed, response.status_code, response.headers, error.retries_taken, error)
            await self._run("on_response", self.hooks.on_response, failed)

    async def _run(self, name: str, hook: Callable[[Any], Any], argument: object) -> Any:
        result = call_hook(name, hook, argument, is_async=self._is_async)
        return await result if hasattr(result, "__await__") else result


class _HookedBlockingSender(_HookedSender, BlockingSender):
    """Sends the requests of a `Client` with hooks: its coroutines never suspend."""

    _is_async = False


def _check_mapping(rule: str, value: object) -> None:
    if not isinstance(value, Mapping):
        message = f"{rule}, not a {type(value).__name__}"
        raise TypeError(message)
