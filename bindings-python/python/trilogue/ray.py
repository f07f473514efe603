"""Answers for a data set of Ray: `ds.map_batches(trilogue.ray.Chat, …)`, with one limit and one budget for the cluster.

limits = trilogue.ray.Limits(requests_per_minute=3000, budget="20")
answers = ray.data.read_parquet("questions").map_batches(
    trilogue.ray.Chat,
    fn_constructor_kwargs={
        "template": "Summarize {text}",
        "model": "openai-gpt-oss-120b",
        "log": "s3://bucket/run",
        "limits": limits,
    },
    batch_size=512,
    compute=ray.data.ActorPoolStrategy(size=4, max_concurrent_calls_per_actor=4),
)
answers.write_parquet("answers")
"""

from __future__ import annotations

import asyncio
import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

try:
    # Imported without types: this package does not depend on it.
    ray: Any = import_module("ray")
    import_module("ray.data")
except ImportError as error:
    _message = "trilogue.ray needs Ray Data: pip install 'ray[data]'"
    raise ImportError(_message, name=error.name, path=error.path) from error

from ._columns.leases import LocalLeader
from ._columns.worker import RowWorker, checked_dollars
from ._native import RowKeys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from decimal import Decimal

    from ._client import Client

__all__ = ["Chat", "Limits"]


class Limits:
    """One limit and one budget for all actors of a cluster. An actor of Ray with a name leases shares of them.

    The actor ends with the driver that has created it. `Limits(name=…)` without other options refers to the one of another driver of the same
    namespace.
    """

    def __init__(
        self,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        budget: Decimal | str | float | None = None,
        name: str | None = None,
    ) -> None:
        """Start the actor.

        requests_per_minute, tokens_per_minute: what all actors send together. budget: the most that all rows of the log may cost, in dollars, those of
        earlier runs included. A float counts as it is written. name: the actor's name, by default a new one.
        """
        rates = {"requests_per_minute": requests_per_minute, "tokens_per_minute": tokens_per_minute}
        # The core checks them.
        RowKeys({option: rate for option, rate in rates.items() if rate is not None})
        #: The name of the actor.
        self.name = f"trilogue-limits-{os.urandom(6).hex()}" if name is None else name
        if name is not None and budget is None and not any(rates.values()):
            self._actor = ray.get_actor(name)
            return
        dollars = None if budget is None else checked_dollars(budget)
        start = ray.remote(num_cpus=0)(LocalLeader).options(name=self.name)
        self._actor = start.remote(requests_per_minute, tokens_per_minute, dollars)

    @property
    def spent(self) -> Decimal:
        """What was spent so far, in dollars."""
        spent: Decimal = ray.get(self._actor.read_spent.remote())
        return spent

    def join(self, segment: str, costs: dict[str, Decimal]) -> None:
        """Add a worker. For `RowWorker`."""
        ray.get(self._actor.join.remote(segment, costs))

    def lease(self, name: str, rows: int) -> tuple[float | None, float | None]:
        """Renew the lease of a worker. For `RowWorker`."""
        rates: tuple[float | None, float | None] = ray.get(self._actor.lease.remote(name, rows))
        return rates

    def reserve(self, name: str, at_least: Decimal) -> Decimal | None:
        """Reserve dollars for a worker. For `RowWorker`."""
        granted: Decimal | None = ray.get(self._actor.reserve.remote(name, at_least))
        return granted

    def settle(self, name: str, granted: Decimal, spent: Decimal) -> None:
        """Return what a worker has not spent. For `RowWorker`."""
        ray.get(self._actor.settle.remote(name, granted, spent))


class Chat:
    """Answers the rows of a data set: pass this class to `map_batches`, and its options as `fn_constructor_kwargs`.

    Each row gets these columns, and no row raises an exception:

    - `answer`: the text.
    - `error`: the class and the message of an error; null for an answer.
    - `usage`: `input_tokens` and `output_tokens`.
    - `cost`: dollars, if the prices of the model are known.
    - `attempts`: how often the row was sent.
    - with `response_format`, a column for each field of the type.
    """

    def __init__(
        self,
        *,
        client: Client | None = None,
        template: str | Mapping[str, Any] | None = None,
        model: str | None = None,
        response_format: Any = None,
        log: str | os.PathLike[str] | None = None,
        filesystem: Any = None,
        limits: Limits | None = None,
        in_flight: int = 128,
        retry_failed: bool = False,
        **parameters: Any,
    ) -> None:
        """Make the worker of one actor.

        client: a client, of which each actor gets a copy; by default one with default options. Without `limits`, its rates are those of each actor.
        template: a text such as `"Summarize {text}"`, or a request with such texts; its columns are those of the rows. Without it, a row is a request: its
            columns `messages` and `model`, or `body` (OpenAI's batch lines), or `params` (Anthropic's). model: the model, unless
            a row names one.
        response_format: a type for the answers, such as a dataclass, or a JSON Schema.
        log: a folder, in which each actor writes its own files. A further run answers the rows that it has without sending them. A row is known by
            its column `custom_id`, else by its content. filesystem: the folder's filesystem, of pyarrow or fsspec; by default that of its scheme.
        limits: one limit and one budget for the cluster.
        in_flight: the most calls in flight of an actor, over all its batches.
        retry_failed: send the rows again whose line in the log is an error.
        parameters: further fields of each request, such as `temperature`. Options such as `timeout` are those of the client.

        Raises ConfigurationError or InvalidRequestError for wrong options, OSError for a log that can't be read.
        """
        self._work = RowWorker(
            client=client,
            template=template,
            model=model,
            response_format=response_format,
            log=log,
            filesystem=filesystem,
            leader=limits,
            in_flight=in_flight,
            retry_failed=retry_failed,
            **parameters,
        )

    async def __call__(self, batch: Any) -> AsyncIterator[Any]:
        """Answer a batch of any format."""
        yield await asyncio.to_thread(self._work, _to_table(batch))


def _to_table(batch: Any) -> Any:
    """Return a batch of Ray as a table of Arrow."""
    return ray.data.block.BlockAccessor.for_block(ray.data.block.BlockAccessor.batch_to_block(batch)).to_arrow()
