"""`client.models`.

Law: pages are fetched as they are needed.
"""

from __future__ import annotations

from .._generated.types import ModelInfo, ModelPage
from .._sender import Resource, result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
    from typing import Any

    from typing_extensions import TypedDict, Unpack

    class ListOptions(TypedDict, total=False):
        """Keyword arguments of `models.list`."""

        limit: int | None
        """How many models a page has, where the endpoint has pages."""

        after_id: str | None
        """The model after which the page begins."""

        before_id: str | None
        """The model before which the page ends."""

        extra_headers: Mapping[str, str | None] | None
        """Headers on top of the client's; `None` takes one away."""

        extra_query: Mapping[str, object] | None
        """Query parameters on top of the client's."""

        timeout: float | None
        """As the client's option, in seconds."""

        max_retries: int | None
        """As the client's option."""

    class RetrieveOptions(TypedDict, total=False):
        """Keyword arguments of `models.retrieve`."""

        extra_headers: Mapping[str, str | None] | None
        """Headers on top of the client's; `None` takes one away."""

        extra_query: Mapping[str, object] | None
        """Query parameters on top of the client's."""

        timeout: float | None
        """As the client's option, in seconds."""

        max_retries: int | None
        """As the client's option."""


class _Linked(ModelPage):
    """A page that knows the one after it."""

    def _link(self, fetch: Callable[[dict[str, Any]], Any], query: dict[str, Any]) -> None:
        self.__dict__["_fetch"] = fetch
        self.__dict__["_query"] = query

    def _next_query(self) -> dict[str, Any] | None:
        """Return what asks for the next page; of a copy there is none."""
        if not (self.has_more and self.data and self.last_id and "_fetch" in self.__dict__):
            return None
        return {**self.__dict__["_query"], "after_id": self.last_id}

    def has_next_page(self) -> bool:
        """Return whether there is a page after this one."""
        return self._next_query() is not None

    def _more(self) -> Any:
        query = self._next_query()
        if query is None:
            message = "there is no next page; ask has_next_page() before"
            raise RuntimeError(message)
        return self.__dict__["_fetch"](query)


class Page(_Linked):
    """A page of models; iterating goes on to the pages after it."""

    def get_next_page(self) -> Page:
        """Fetch the page after this one. Raises RuntimeError where there is none."""
        page: Page = self._more()
        return page

    def iter_pages(self) -> Iterator[Page]:
        """Iterate over this page and those after it."""
        page = self
        yield page
        while page.has_next_page():
            page = page.get_next_page()
            yield page

    def __iter__(self) -> Iterator[ModelInfo]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        for page in self.iter_pages():
            yield from page.data


class AsyncPage(_Linked):
    """A page of models; iterating with `async for` goes on to the pages after it."""

    async def get_next_page(self) -> AsyncPage:
        """Fetch the page after this one. Raises RuntimeError where there is none."""
        page: AsyncPage = await self._more()
        return page

    async def iter_pages(self) -> AsyncIterator[AsyncPage]:
        """Iterate over this page and those after it."""
        page = self
        yield page
        while page.has_next_page():
            page = await page.get_next_page()
            yield page

    async def __aiter__(self) -> AsyncIterator[ModelInfo]:
        async for page in self.iter_pages():
            for model in page.data:
                yield model


class AsyncPages:
    """Pages that are about to be fetched: await it for the first one, or iterate with `async for` over all models."""

    def __init__(self, fetch: Callable[[], Any]) -> None:
        self._fetch = fetch

    def __await__(self) -> Generator[Any, None, AsyncPage]:
        page: Generator[Any, None, AsyncPage] = self._fetch().__await__()
        return page

    async def __aiter__(self) -> AsyncIterator[ModelInfo]:
        async for model in await self:
            yield model


class Models(Resource):
    """Models that the endpoint offers."""

    def list(self, **query: Unpack[ListOptions]) -> Page:
        """Return the first page; iterate over it for all models. Raises the errors of `trilogue`."""
        page = result(Page, self._sender.call("models", {**query}))
        page._link(lambda more: self.list(**more), {**query})
        return page

    def retrieve(self, model: str, **options: Unpack[RetrieveOptions]) -> ModelInfo:
        """Return one model. Raises NotFoundError where there is none of this id."""
        return result(ModelInfo, self._sender.call(f"models/{model}", {**options}))


class AsyncModels(Resource):
    """Models that the endpoint offers."""

    def list(self, **query: Unpack[ListOptions]) -> AsyncPages:
        """Fetch the first page, when awaited; iterate with `async for` for all models. Raises the errors of `trilogue`."""
        return AsyncPages(lambda: self._page({**query}))

    async def _page(self, query: dict[str, Any]) -> AsyncPage:
        page = result(AsyncPage, await self._sender.call_async("models", dict(query)))
        page._link(self._page, query)
        return page

    async def retrieve(self, model: str, **options: Unpack[RetrieveOptions]) -> ModelInfo:
        """Return one model. Raises NotFoundError where there is none of this id."""
        return result(ModelInfo, await self._sender.call_async(f"models/{model}", {**options}))
