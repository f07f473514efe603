"""Hooks of a client: functions of a program that see its requests, its responses, and the items of its streams.

Invariant: a hook runs in the call that it belongs to, before the step that it precedes, and an exception of it ends that call only: nothing is
sent, or the stream is closed. Imported only if a client has a hook.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from inspect import iscoroutinefunction
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from .._generated.constants import KEY_HEADERS
from .._generated.errors import APIError, ConfigurationError, InvalidRequestError
from .._native import copy_json
from .._objects.response import Headers
from .._sender import BlockingSender, Sender, split

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from .._native import NativeStream
    from .._sender import Reply
    from .._streaming.stream import AsyncStream, Stream

    #: What `on_request` may return: a body that replaces the request's, the request itself, or nothing.
    Replacement: TypeAlias = "Mapping[str, Any] | HookRequest | None"
    #: The functions; those of an `AsyncClient` may be asynchronous.
    RequestHook: TypeAlias = "Callable[[HookRequest], Replacement | Awaitable[Replacement]]"
    ResponseHook: TypeAlias = "Callable[[HookResponse], object]"
    EventHook: TypeAlias = Callable[[Any], object]


class HookRequest:
    """A request before it is sent. Its fields are copies: a change reaches the request, and nothing of the program's."""

    def __init__(self, endpoint: str, *, stream: bool) -> None:
        self._endpoint = endpoint
        self._stream = stream
        #: The body as it will be sent: dicts, lists and plain values. For models, the query.
        self.body: dict[str, Any] = {}
        #: The fields of `extra_body`, which are sent without a check.
        self.extra_body: dict[str, Any] = {}
        #: The headers of this request besides the client's. The key is not among them. `None` removes a header of the client.
        self.headers: dict[str, Any] = {}
        #: The function for the items of this stream; at first the client's `on_event`.
        self.on_event: EventHook | None = None

    @property
    def endpoint(self) -> str:
        """`chat`, `messages`, `count_tokens`, `models` or `models/ID`."""
        return self._endpoint

    @property
    def stream(self) -> bool:
        """Whether the answer is streamed."""
        return self._stream

    @property
    def model(self) -> Any:
        """The model: the field of the body."""
        return self.body.get("model")

    @model.setter
    def model(self, model: str) -> None:
        self.body["model"] = model

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.endpoint}, model {self.model}>"


class HookResponse:
    """A response: of a successful call, or of one that failed with a status."""

    def __init__(
        self,
        request: HookRequest,
        elapsed: float,
        status_code: int,
        headers: Headers,
        retries_taken: int,
        error: APIError | None = None,
    ) -> None:
        #: The request, as `on_request` left it.
        self.request = request
        #: The time since `on_request`, in seconds: waits for rate limits and retries included.
        self.elapsed = elapsed
        #: HTTP status.
        self.status_code = status_code
        #: Headers, whose names are case-insensitive.
        self.headers = headers
        #: How often the request was sent again.
        self.retries_taken = retries_taken
        #: The error of the call; `None` if it succeeded.
        self.error = error

    @property
    def endpoint(self) -> str:
        """The endpoint of the request."""
        return self.request.endpoint

    @property
    def request_id(self) -> str | None:
        """The provider's id of the request."""
        return self.headers.request_id

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status_code} of {self.endpoint}>"


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
            raise _needs_async(name)
    own = _HookedSender if is_async else _HookedBlockingSender

    def create(*arguments: Any, **options: Any) -> Sender:
        sender = own(*arguments, **options)
        sender.hooks = Hooks(**hooks)
        return sender

    return create


def _needs_async(name: str) -> TypeError:
    return TypeError(f"{name} is asynchronous, which Client can't wait for: use AsyncClient, or pass a def function")


class _HookedSender(Sender):
    """Sends the requests of an `AsyncClient` with hooks."""

    hooks: Hooks
    _is_async = True

    async def call(self, endpoint: str, request: dict[str, Any]) -> Reply:
        """Send a request and return its reply."""
        if "notice_id" in request:
            # The observer of a call sends it; the hooks have run.
            return await super().call(endpoint, request)
        prepared, arguments = await self._begin(endpoint, request, stream=False)
        started = perf_counter()
        try:
            reply = await super().call(endpoint, arguments)
        except APIError as error:
            await self._fail(prepared, started, error)
            raise
        await self._respond(prepared, started, *reply[1:])
        return reply

    async def stream(self, endpoint: str, request: dict[str, Any]) -> NativeStream:
        """Send a request and return its stream."""
        if "notice_id" in request:
            return await super().stream(endpoint, request)
        prepared, arguments = await self._begin(endpoint, request, stream=True)
        started = perf_counter()
        try:
            native = await super().stream(endpoint, arguments)
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
        result = _started(name, hook, argument, is_async=self._is_async)
        return await result if hasattr(result, "__await__") else result


class _HookedBlockingSender(_HookedSender, BlockingSender):
    """Sends the requests of a `Client` with hooks: its coroutines never suspend."""

    _is_async = False


def _check_mapping(rule: str, value: object) -> None:
    if not isinstance(value, Mapping):
        message = f"{rule}, not a {type(value).__name__}"
        raise TypeError(message)


def _started(name: str, hook: Callable[[Any], Any], argument: object, *, is_async: bool) -> Any:
    """Call a hook. Returns its result, or what has to be awaited."""
    result = hook(argument)
    if not is_async and hasattr(result, "__await__"):
        if hasattr(result, "close"):
            # Python warns of a coroutine that is never awaited.
            result.close()
        raise _needs_async(name)
    return result


class ItemHook:
    """The hook for the items of a stream."""

    def __init__(self, hook: EventHook, *, is_async: bool) -> None:
        self._hook = hook
        self._is_async = is_async

    def run(self, item: object) -> Any:
        """Call the hook. Returns its result: what has to be awaited, if the hook is asynchronous."""
        return _started("on_event", self._hook, item, is_async=self._is_async)

    async def run_async(self, item: object) -> None:
        """Call the hook and wait for it."""
        result = self.run(item)
        if hasattr(result, "__await__"):
            await result


class HookedStream:
    """A native stream with a hook for its items. It reads nothing: the streams over it deliver the items."""

    def __init__(self, native: NativeStream, hook: ItemHook) -> None:
        #: The stream without the hook.
        self.native = native
        self.hook = hook

    def __getattr__(self, name: str) -> Any:
        return getattr(self.native, name)

    def begin_delivery(self) -> Delivery:
        """Return what delivers the items to one reader."""
        return Delivery(self.hook)


class Delivery:
    """Delivers the items of a stream one by one, each after the hook was called with it."""

    def __init__(self, hook: ItemHook) -> None:
        self._hook = hook
        self._items: deque[Any] = deque()
        #: Whether the items are the last ones.
        self._are_last = False

    def step(self, stream: Stream[Any, Any]) -> None:
        """Set the next item of a stream, or none if a batch was empty."""
        if not self._items:
            stream._read_batch()
            self._load(stream)
        if self._items:
            try:
                self._hook.run(self._items[0])
            except Exception as error:
                self._refuse(stream, error)
                raise
            self._pass_on(stream)

    async def step_async(self, stream: AsyncStream[Any, Any]) -> None:
        """Set the next item of a stream. A wait for the hook that is cancelled loses no item."""
        if not self._items:
            await stream._read_batch()
            self._load(stream)
        if self._items:
            try:
                await self._hook.run_async(self._items[0])
            except Exception as error:
                self._refuse(stream, error)
                raise
            # The stream may have been closed meanwhile.
            if self._items:
                self._pass_on(stream)

    def drop(self) -> None:
        """Drop the items that were not delivered."""
        self._items.clear()

    def _load(self, stream: Any) -> None:
        self._items.extend(stream._items)
        self._are_last = stream._done
        stream._items, stream._done = iter(()), stream._done and not self._items

    def _pass_on(self, stream: Any) -> None:
        stream._items = iter((self._items.popleft(),))
        stream._done = self._are_last and not self._items

    @staticmethod
    def _refuse(stream: Any, error: Exception) -> None:
        """Close a stream whose hook has raised."""
        stream._abandon(f"the stream was closed when on_event raised {type(error).__name__}")
