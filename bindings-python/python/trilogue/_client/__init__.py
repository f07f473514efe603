"""The two clients."""

from __future__ import annotations

import atexit
import os

from .. import _native
from .._sender import BlockingSender, Sender
from .base import BaseClient, LazyPart

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal
    from types import TracebackType
    from typing import Any, Literal

    from typing_extensions import Self

    from .._batch.run import BatchSummary
    from .._resources.beta import AsyncBeta, Beta
    from .._resources.chat import AsyncChat, Chat
    from .._resources.messages import AsyncMessages, Messages
    from .._resources.models import AsyncModels, Models

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
        from .._batch.run import run_batch

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
        from .._batch.run import run_batch_async

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


def _name_constructor(kind: type[BaseClient]) -> None:
    """Give the constructor the name of its class, which messages about wrong arguments have."""
    shared: Any = BaseClient.__init__
    own = type(shared)(shared.__code__, shared.__globals__, "__init__", shared.__defaults__, shared.__closure__)
    own.__kwdefaults__, own.__annotations__, own.__doc__ = shared.__kwdefaults__, shared.__annotations__, shared.__doc__
    own.__qualname__ = kind.__name__
    kind.__init__ = own  # type: ignore[method-assign]


_name_constructor(Client)
_name_constructor(AsyncClient)
