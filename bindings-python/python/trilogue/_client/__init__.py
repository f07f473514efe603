"""The two clients."""

from __future__ import annotations

import atexit
import os

from .. import _native
from .._sender import BlockingSender, Sender
from .base import BaseClient, LazyPart

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Coroutine, Iterable, Mapping
    from types import TracebackType
    from typing import Any, TypeVar, overload

    from typing_extensions import Self, Unpack

    from .._batch.options import ArrowStream, BatchOptions
    from .._batch.rows import AsyncBatchRows, BatchRows
    from .._generated.types import BatchSummary
    from .._resources.beta import AsyncBeta, Beta
    from .._resources.chat import AsyncChat, Chat
    from .._resources.messages import AsyncMessages, Messages
    from .._resources.models import AsyncModels, Models

    Row = TypeVar("Row", bound=Mapping[str, object])

# A thread that outlives the interpreter would abort the process.
atexit.register(_native.shutdown)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_native.forked)


class Client(BaseClient):
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
        chat = LazyPart("_resources.chat", "Chat", "Chat completions.")
        messages = LazyPart("_resources.messages", "Messages", "Messages, in Anthropic's format.")
        models = LazyPart("_resources.models", "Models", "Models that the endpoint offers.")
        beta = LazyPart(
            "_resources.beta", "Beta", "The same methods, where the official clients have them while they are new."
        )

    if TYPE_CHECKING:

        @overload
        def batch(
            self,
            input: str | os.PathLike[str],
            log: str | os.PathLike[str],
            *,
            progress: Callable[[BatchSummary], object] | None = None,
            **options: Unpack[BatchOptions],
        ) -> BatchSummary: ...
        @overload
        def batch(
            self,
            input: Iterable[Row],
            log: str | os.PathLike[str] | None = None,
            *,
            response_format: Any = None,
            progress: Callable[[BatchSummary], object] | None = None,
            **options: Unpack[BatchOptions],
        ) -> BatchRows[Row]: ...
        @overload
        def batch(
            self,
            input: ArrowStream,
            log: str | os.PathLike[str] | None = None,
            *,
            response_format: Any = None,
            progress: Callable[[BatchSummary], object] | None = None,
            **options: Unpack[BatchOptions],
        ) -> BatchRows[dict[str, Any]]: ...

    def batch(
        self,
        input: str | os.PathLike[str] | Iterable[Any] | ArrowStream,
        log: str | os.PathLike[str] | None = None,
        *,
        response_format: Any = None,
        progress: Callable[[BatchSummary], object] | None = None,
        **options: Any,
    ) -> BatchSummary | BatchRows[Any]:
        """Send many rows, and write their answers to a log.

        Repeating a call with its log continues a run that ended early: rows with a line in the log are not sent again. A row never fails because the
        server refused it for its rate limit. Ctrl-C once finishes the rows in flight, twice stops at once; both raise KeyboardInterrupt, and the log
        stays valid.

        input: the path of a file of JSON lines, or rows: dicts, or a data frame. A row is one of OpenAI's batch lines (`custom_id`, `method`, `url`,
            `body`), one of Anthropic's batch requests (`custom_id`, `params`), the body of a chat completion, or with a template any object.
        log: a file of OpenAI's output lines with `usage`, `cost`, `attempts`, `ms` and `outcome`. For a file it is the output, and the call returns
            its counts; each line of the input is checked before the first row is sent. For rows it is optional, and the call returns an iterator
            over finished rows, and raises what is wrong with a row after those before it.
        response_format: for rows of chat completions, the type of their answers; see `chat.completions.parse`.
        progress: a function that is called with the counts so far, about ten times per second, and at the end.
        options: template, model, parameters, requests_per_minute (or rpm), tokens_per_minute (or tpm), budget, in_flight, sync, equal_rows,
            via, retry_failed, order.

        Raises InvalidRequestError for a broken, repeated or changed row, ConfigurationError for a wrong option, BudgetExceededError if rows of an
        iterator are left when the budget has ended, APIError for a file that can't be written, and the error of a call that each row would have,
        such as a wrong key.
        """
        from .._batch.options import typed

        plan, options = typed(response_format, options)
        if isinstance(input, (str, os.PathLike)):
            from .._batch.files import run_file

            return run_file(self, input, log, progress, options)
        from .._batch.rows import BatchRows

        return BatchRows(self, input, log, plan, progress, options)

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


class AsyncClient(BaseClient):
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
        chat = LazyPart("_resources.chat", "AsyncChat", "Chat completions.")
        messages = LazyPart("_resources.messages", "AsyncMessages", "Messages, in Anthropic's format.")
        models = LazyPart("_resources.models", "AsyncModels", "Models that the endpoint offers.")
        beta = LazyPart(
            "_resources.beta",
            "AsyncBeta",
            "The same methods, where the official clients have them while they are new.",
        )

    if TYPE_CHECKING:

        @overload
        def batch(
            self,
            input: str | os.PathLike[str],
            log: str | os.PathLike[str],
            *,
            progress: Callable[[BatchSummary], object] | None = None,
            **options: Unpack[BatchOptions],
        ) -> Coroutine[Any, Any, BatchSummary]: ...
        @overload
        def batch(
            self,
            input: AsyncIterable[Row] | Iterable[Row],
            log: str | os.PathLike[str] | None = None,
            *,
            response_format: Any = None,
            progress: Callable[[BatchSummary], object] | None = None,
            **options: Unpack[BatchOptions],
        ) -> AsyncBatchRows[Row]: ...
        @overload
        def batch(
            self,
            input: ArrowStream,
            log: str | os.PathLike[str] | None = None,
            *,
            response_format: Any = None,
            progress: Callable[[BatchSummary], object] | None = None,
            **options: Unpack[BatchOptions],
        ) -> AsyncBatchRows[dict[str, Any]]: ...

    def batch(
        self,
        input: str | os.PathLike[str] | AsyncIterable[Any] | Iterable[Any] | ArrowStream,
        log: str | os.PathLike[str] | None = None,
        *,
        response_format: Any = None,
        progress: Callable[[BatchSummary], object] | None = None,
        **options: Any,
    ) -> Coroutine[Any, Any, BatchSummary] | AsyncBatchRows[Any]:
        """Send many rows, and write their answers to a log, as `Client.batch`: for the path of a file the call is awaited, for rows it is iterated.

        Rows may come from an asynchronous iterable. For rows, the run starts with the first `async for`, which raises the errors of wrong options. A
        cancelled call ends its run at once, and the log stays valid.

        Raises the errors of `Client.batch`.
        """
        from .._batch.options import typed

        plan, options = typed(response_format, options)
        if isinstance(input, (str, os.PathLike)):
            from .._batch.files import run_file_async

            return run_file_async(self, input, log, progress, options)
        from .._batch.rows import AsyncBatchRows

        return AsyncBatchRows(self, input, log, plan, progress, options)

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


def _name_constructor(kind: type[BaseClient]) -> None:
    """Give the constructor the name of its class, which messages about wrong arguments have."""
    shared: Any = BaseClient.__init__
    own = type(shared)(shared.__code__, shared.__globals__, "__init__", shared.__defaults__, shared.__closure__)
    own.__kwdefaults__, own.__annotations__, own.__doc__ = shared.__kwdefaults__, shared.__annotations__, shared.__doc__
    own.__qualname__ = kind.__name__
    kind.__init__ = own  # type: ignore[method-assign]


_name_constructor(Client)
_name_constructor(AsyncClient)
