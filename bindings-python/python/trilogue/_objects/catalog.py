"""Catalogues of models: the package's own, and those of users.

The data and the operations on it are in the core; a `Catalog` is a mapping from ids to models.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from json import dumps, loads
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from .._generated.operations import operation
from .._generated.types import CatalogModel
from .amounts import plain
from .model import deep_copy

if TYPE_CHECKING:
    from collections.abc import Iterator


class Catalog(Mapping[str, CatalogModel]):
    """Models by id."""

    def __init__(self, source: Mapping[str, Any] | Iterable[Any] | str | PathLike[str] | None = None) -> None:
        """Read a catalogue: `{"models": [{"id": …, …}, …]}`, a list of models, or the path of a JSON file with either.

        Without a source it is the package's own. Raises ConfigurationError for a model without an id, or with an invalid price.
        """
        data: Mapping[str, Any] | Iterable[Any]
        if source is None:
            data = loads(operation("read_catalog")["text"])
        elif isinstance(source, (str, PathLike)):
            with open(fspath(source), encoding="utf-8") as file:
                data = loads(file.read())
        else:
            data = source
        about: dict[str, Any] = dict(data) if isinstance(data, Mapping) else {"models": list(data)}
        models = about.pop("models", [])
        if source is not None:
            models = operation("merge_models", models=[], others=_rows(models))["models"]
        #: The source of the data, its date, notes.
        self.about = about
        self._models = {model["id"]: CatalogModel(model) for model in models}

    @property
    def date(self) -> str | None:
        """The date of the data, as `YYYY-MM-DD`."""
        date: str | None = self.about.get("date")
        return date

    def __getitem__(self, model: str) -> CatalogModel:
        try:
            return self._models[model]
        except KeyError:
            from difflib import get_close_matches

            close = get_close_matches(str(model), self._models, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            message = f"the catalogue has no model {model!r}{hint}"
            raise KeyError(message) from None

    def __contains__(self, model: object) -> bool:
        return model in self._models

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)

    def search(self, query: str) -> list[CatalogModel]:
        """Return the models that have every word of `query` in their id, name, path, category or task, or that are `open` or `closed`."""
        return self._by_id(operation("search_models", models=self._data(), query=query)["ids"])

    def related(self, model: str) -> list[CatalogModel]:
        """Return the models that share words of id, name and path with this one, in the order of their similarity."""
        return self._by_id(operation("related_models", models=self._data(), id=self[model].id)["ids"])

    def merge(self, models: Iterable[Any]) -> Catalog:
        """Return a catalogue with more models: a list of dicts with an `id`, another catalogue, or a page of `client.models.list()`.

        Their fields replace those of known models. Prices and context windows of providers' lists are recognised.
        """
        others = list(models.values()) if isinstance(models, Catalog) else list(models)
        merged = operation("merge_models", models=self._data(), others=_rows(others))
        catalog = Catalog([])
        catalog.about = dict(self.about)
        catalog._models = {model["id"]: CatalogModel(model) for model in merged["models"]}
        return catalog

    def to_dict(self) -> dict[str, Any]:
        """Return the catalogue as a dict, as a file has it."""
        return {**deep_copy(self.about), "models": deep_copy(self._data())}

    def to_json(self, *, indent: int | None = 2) -> str:
        """Return the catalogue as JSON text, for a file."""
        return dumps(self.to_dict(), ensure_ascii=False, indent=indent)

    def _data(self) -> list[dict[str, Any]]:
        return [model._data for model in self._models.values()]

    def _by_id(self, ids: list[str]) -> list[CatalogModel]:
        return [self._models[model] for model in ids]

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, Catalog) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Catalog of {len(self)} models, {self.date or 'no date'}>"


def _rows(models: Any) -> list[Any]:
    """Return models as JSON values, their amounts as texts."""
    return [plain(model) for model in models]


#: The package's own catalogue.
catalog = Catalog()


def preset(model: str) -> dict[str, Any]:
    """Return the settings of the provider's own page for a model, as `CatalogModel.preset`. Raises KeyError for a model that is not in the catalogue."""
    return catalog[model].preset()
