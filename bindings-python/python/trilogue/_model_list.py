"""`client.models`.

Law: pages are fetched as they are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._calls import Resource, result
from .types import ModelInfo, ModelPage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


class Page(ModelPage):
    """A page of models; iterating goes on to the pages after it."""

    def _link(self, fetch: Callable[[dict[str, Any]], Any], query: dict[str, Any]) -> None:
        self.__dict__["_fetch"] = fetch
        self.__dict__["_query"] = query

    def _next_query(self) -> dict[str, Any] | None:
        if not (self.has_more and self.data and self.last_id):
            return None
        return {**self.__dict__["_query"], "after_id": self.last_id}

    def __iter__(self) -> Iterator[ModelInfo]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        page: Page | None = self
        while page is not None:
            yield from page.data
            query = page._next_query()
            page = self.__dict__["_fetch"](query) if query is not None else None


class AsyncPage(Page):
    """A page of models; iterating with `async for` goes on to the pages after it."""

    async def __aiter__(self) -> AsyncIterator[ModelInfo]:
        page: AsyncPage | None = self
        while page is not None:
            for model in page.data:
                yield model
            query = page._next_query()
            page = await self.__dict__["_fetch"](query) if query is not None else None


class Models(Resource):
    """Models that the endpoint offers."""

    def list(self, **query: Any) -> Page:
        """Return the first page; iterate over it for all models. `limit`, `after_id` and `before_id` go into the query."""
        page = result(Page, self._sender.call("models", dict(query)))
        page._link(lambda more: self.list(**more), query)
        return page

    def retrieve(self, model: str) -> ModelInfo:
        """Return one model."""
        return result(ModelInfo, self._sender.call(f"models/{model}", {}))


class AsyncModels(Resource):
    """Models that the endpoint offers."""

    async def list(self, **query: Any) -> AsyncPage:
        """Return the first page; iterate over it with `async for` for all models."""
        page = result(AsyncPage, await self._sender.call_async("models", dict(query)))
        page._link(lambda more: self.list(**more), query)
        return page

    async def retrieve(self, model: str) -> ModelInfo:
        """Return one model."""
        return result(ModelInfo, await self._sender.call_async(f"models/{model}", {}))
