"""`client.models`: lists of models, whose pages are fetched as they are needed."""

from __future__ import annotations

from .._generated.types import ModelInfo, ModelPage
from .._sender import result_of, run_blocking
from .views import ResponseViews

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping
    from typing import Any, TypeVar

    from typing_extensions import TypedDict, Unpack

    P = TypeVar("P", bound="_LinkedPage")

    class RetrieveOptions(TypedDict, total=False):
        """Keyword arguments of `models.retrieve`."""

        extra_headers: Mapping[str, str | None] | None
        """Headers in addition to the client's; `None` removes one."""

        extra_query: Mapping[str, object] | None
        """Query parameters in addition to the client's."""

        timeout: float | None
        """As the client's option, in seconds."""

        max_retries: int | None
        """As the client's option."""

    class ListOptions(RetrieveOptions, total=False):
        """Keyword arguments of `models.list`."""

        limit: int | None
        """The number of models on a page, if the endpoint has pages."""

        after_id: str | None
        """The model after which the page begins."""

        before_id: str | None
        """The model before which the page ends."""


class _LinkedPage(ModelPage):
    """A page that can fetch the next one."""

    def _link(self, fetch: Callable[[dict[str, Any]], Any], query: dict[str, Any]) -> None:
        self.__dict__["_fetch"] = fetch
        self.__dict__["_query"] = query

    def _next_query(self) -> dict[str, Any] | None:
        """Return the query of the next page. Copies have none."""
        if not (self.has_more and self.data and self.last_id and "_fetch" in self.__dict__):
            return None
        return {**self.__dict__["_query"], "after_id": self.last_id}

    def has_next_page(self) -> bool:
        """Return whether there is a page after this one."""
        return self._next_query() is not None

    def _fetch_next(self) -> Any:
        query = self._next_query()
        if query is None:
            message = "there is no next page; check has_next_page() first"
            raise RuntimeError(message)
        return self.__dict__["_fetch"](query)


class Page(_LinkedPage):
    """A page of models. Iterating continues with the pages after it."""

    def get_next_page(self) -> Page:
        """Fetch the page after this one. Raises RuntimeError if there is none."""
        page: Page = self._fetch_next()
        return page

    def iter_pages(self) -> Iterator[Page]:
        """Iterate over this page and the pages after it."""
        page = self
        yield page
        while page.has_next_page():
            page = page.get_next_page()
            yield page

    def __iter__(self) -> Iterator[ModelInfo]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        for page in self.iter_pages():
            yield from page.data


class AsyncPage(_LinkedPage):
    """A page of models. Iterating with `async for` continues with the pages after it."""

    async def get_next_page(self) -> AsyncPage:
        """Fetch the page after this one. Raises RuntimeError if there is none."""
        page: AsyncPage = await self._fetch_next()
        return page

    async def iter_pages(self) -> AsyncIterator[AsyncPage]:
        """Iterate over this page and the pages after it."""
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
    """Pages that are fetched later: await it for the first one, or iterate with `async for` over all models."""

    def __init__(self, fetch: Callable[[], Awaitable[AsyncPage]]) -> None:
        self._fetch = fetch

    def __await__(self) -> Generator[Any, None, AsyncPage]:
        page: Generator[Any, None, AsyncPage] = self._fetch().__await__()
        return page

    async def __aiter__(self) -> AsyncIterator[ModelInfo]:
        async for model in await self:
            yield model


class _ModelsBase(ResponseViews):
    """Requests of models, for either client."""

    async def _page(self, kind: type[P], fetch: Callable[[dict[str, Any]], Any], query: dict[str, Any]) -> P:
        page = result_of(kind, await self._sender.call("models", dict(query)))
        page._link(fetch, query)
        return page

    async def _model(self, model: str, options: dict[str, Any]) -> ModelInfo:
        return result_of(ModelInfo, await self._sender.call(f"models/{model}", options))


class Models(_ModelsBase):
    """Models that the endpoint offers."""

    def list(self, **query: Unpack[ListOptions]) -> Page:
        """Return the first page; iterate over it for all models. Raises the errors of `trilogue`."""
        return self._fetch({**query})

    def _fetch(self, query: dict[str, Any]) -> Page:
        return run_blocking(self._page(Page, self._fetch, query))

    def retrieve(self, model: str, **options: Unpack[RetrieveOptions]) -> ModelInfo:
        """Return one model. Raises NotFoundError if there is none with this id."""
        return run_blocking(self._model(model, {**options}))


class AsyncModels(_ModelsBase):
    """Models that the endpoint offers."""

    def list(self, **query: Unpack[ListOptions]) -> AsyncPages:
        """Fetch the first page, if awaited; iterate with `async for` over all models. Raises the errors of `trilogue`."""
        return AsyncPages(lambda: self._fetch({**query}))

    async def _fetch(self, query: dict[str, Any]) -> AsyncPage:
        return await self._page(AsyncPage, self._fetch, query)

    async def retrieve(self, model: str, **options: Unpack[RetrieveOptions]) -> ModelInfo:
        """Return one model. Raises NotFoundError if there is none with this id."""
        return await self._model(model, {**options})
