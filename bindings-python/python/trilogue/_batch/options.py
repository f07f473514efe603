"""The options of a batch, and starting a run. The core checks the options."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from decimal import Decimal
    from typing import Any, Literal, Protocol

    from typing_extensions import TypedDict

    from .._client import AsyncClient, Client
    from .._generated.types import BatchSummary
    from .._native import BatchRun
    from .._structured.plan import Plan

    Progress = Callable[[BatchSummary], object]

    class ArrowStream(Protocol):
        """A data frame, or any other object with an Arrow stream."""

        def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...

    class BatchOptions(TypedDict, total=False):
        """The options of a batch."""

        template: str | Mapping[str, Any] | None
        """A text such as `"Summarize {text}"`, or a request with such texts; its columns are members of the rows."""

        model: str | None
        """The model of the template."""

        parameters: Mapping[str, Any] | None
        """Fields of each request, such as `temperature`, unless the row has them."""

        requests_per_minute: float | None
        """The most requests per minute, for this batch; by default the client's limit, else it is learned from the server."""

        rpm: float | None
        """Short for `requests_per_minute`."""

        tokens_per_minute: float | None
        """The most tokens per minute, for this batch; by default the client's limit."""

        tpm: float | None
        """Short for `tokens_per_minute`."""

        budget: Decimal | str | float | None
        """The most that all rows of the log may cost, in dollars, those of earlier runs included. The client's budget applies too."""

        in_flight: int | None
        """The most rows in flight, at most 10,000 (128)."""

        sync: Literal["row", "1s", "none"] | None
        """When lines are synced to the disk: `row`, before the row counts; `1s`, once per second; `none`, by the system (`1s`)."""

        equal_rows: Literal["each", "once"] | None
        """Whether equal rows without a `custom_id` are sent `each`, or `once` (`each`)."""

        via: Literal["calls", "provider"] | None
        """How the rows of a file are sent: by `calls`, or in batches that the `provider` answers within a day, at half the price (`calls`)."""

        retry_failed: bool | None
        """Whether rows whose last line is an error are sent once more (False)."""

        order: bool | None
        """Whether the output has the order of the input (False)."""


def start(
    client: Client | AsyncClient,
    key: str | None,
    input: str | os.PathLike[str] | None,
    log: str | os.PathLike[str] | None,
    options: Mapping[str, Any],
    *,
    has_reports: bool,
) -> BatchRun:
    """Start a run. `key`: the key of its requests, if the client has a function for it. `has_reports`: the run reports its progress."""
    from .._client.options import HOOKS

    options = dict(options)
    hook = next((name for name in HOOKS if name in client._options.given), None)
    if hook is not None:
        options["hook"] = hook
    if options.get("budget") is not None:
        from .._objects.amounts import plain

        options["budget"] = plain(options["budget"])
    request: dict[str, Any] = {} if key is None else {"api_key": key}
    if client._sender.whole_timeout is not None:
        request["timeout"] = client._sender.whole_timeout
    return client._sender.native.batch(input, log, options, request, has_reports=has_reports)


def typed(response_format: Any, options: dict[str, Any]) -> tuple[Plan[Any] | None, dict[str, Any]]:
    """Return the plan of typed answers, and the options with its request fields. Raises the errors of a type without a schema."""
    if response_format is None:
        return None, options
    from .._structured.plan import Plan

    plan: Plan[Any] = Plan("chat", {"messages": []}, response_format, "json_schema")
    fields = {name: value for name, value in plan.request.items() if name != "messages"}
    return plan, {**options, "parameters": {**fields, **(options.get("parameters") or {})}}
