"""Results: JSON objects with attribute access.

Everything that the server sent is kept, known field or not, and is written back unchanged. A known field that was not sent reads as `None`;
an unknown one raises `AttributeError`. The module imports nothing that is slow to load.
"""

from __future__ import annotations

from .former_names import FormerNames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, ClassVar, Literal, TypeVar

    from typing_extensions import Self

    from .dump import Selection

    M = TypeVar("M", bound="Model")

#: Attributes besides the fields that copies keep.
_COPIED = ("_response", "_raw", "_live")


class Fields(dict["str", "Any"]):
    """A JSON object without a class in this package: a dict whose keys are also attributes."""

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Return the value under a key."""
            try:
                value = self[name]
            except KeyError:
                message = f"there is no field {name!r}"
                raise AttributeError(message, name=name, obj=self) from None
            kind = type(value)
            if kind is dict or kind is list:
                value = self[name] = _wrap(value, None)
            return value


class Model(FormerNames):
    """A JSON object of an API: its fields are attributes."""

    #: Known fields, with the class of their objects, or of the objects in their lists.
    _fields: ClassVar[Mapping[str, type[Model] | None]] = {}

    _data: dict[str, Any]

    def __init__(self, data: Mapping[str, Any] | None = None, /, **fields: Any) -> None:
        """Create an object from a dict, to which it keeps a reference, or from fields."""
        if fields:
            data = {**(data or {}), **{name: _unwrap(value) for name, value in fields.items()}}
        self.__dict__["_data"] = {} if data is None else data

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Wrap a field at its first use."""
            try:
                value = self._data[name]
            except KeyError:
                if name in self._fields:
                    return None
                message = f"{type(self).__name__!r} object has no attribute {name!r}"
                raise AttributeError(message, name=name, obj=self) from None
            kind = type(value)
            if kind is dict or kind is list:
                known = self._fields.get(name)
                value = _wrap(value, known)
                if known is None:
                    self._data[name] = value
                self.__dict__[name] = value
            return value

        def __setattr__(self, name: str, value: Any) -> None:
            self.__dict__.pop(name, None)
            self._data[name] = _unwrap(value)

        def __delattr__(self, name: str) -> None:
            self.__dict__.pop(name, None)
            if self._data.pop(name, self) is self:
                raise AttributeError(name)

    def __getitem__(self, name: str) -> Any:
        if name in self._data:
            return getattr(self, name)
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return name in self._data

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter([(name, getattr(self, name)) for name in self._data])

    def get(self, name: str, default: Any = None) -> Any:
        """Return a field, or `default` if the server did not send it."""
        return getattr(self, name) if name in self._data else default

    @property
    def _request_id(self) -> str | None:
        """The provider's id of the request, if a call returned this object."""
        from .response import request_id_of

        response = self.__dict__.get("_response")
        return None if response is None else request_id_of(response[1])

    @property
    def raw_json(self) -> str | None:
        """The JSON text of an item of a stream, if the client has `include_raw`; else `None`."""
        raw: str | None = self.__dict__.get("_raw")
        return raw

    @property
    def model_fields_set(self) -> set[str]:
        """The fields that were sent."""
        return set(self._data)

    @property
    def model_extra(self) -> dict[str, Any]:
        """The fields that were sent and that this class does not declare."""
        return {name: getattr(self, name) for name in self._data if name not in self._fields}

    def to_dict(
        self,
        *,
        mode: Literal["json", "python"] | str = "python",
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        use_api_names: bool = True,
        warnings: bool = True,
    ) -> dict[str, Any]:
        """Return the fields that were sent as a new dict, nested objects included. See `model_dump`."""
        del use_api_names, warnings
        return self.model_dump(
            mode=mode, exclude_unset=exclude_unset, exclude_defaults=exclude_defaults, exclude_none=exclude_none
        )

    def to_json(
        self,
        *,
        indent: int | None = 2,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        use_api_names: bool = True,
        warnings: bool = True,
    ) -> str:
        """Return the fields that were sent as JSON text. See `model_dump`."""
        del use_api_names, warnings
        return self.model_dump_json(
            indent=indent, exclude_unset=exclude_unset, exclude_defaults=exclude_defaults, exclude_none=exclude_none
        )

    def model_dump(
        self,
        *,
        mode: Literal["json", "python"] | str = "python",
        include: Selection | None = None,
        exclude: Selection | None = None,
        by_alias: bool | None = None,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        **ignored: Any,
    ) -> dict[str, Any]:
        """Return the fields as a new dict, nested objects included. Known fields that were not sent are `None`.

        Args:
            mode: `json` for values that JSON can express; only a `parsed` instance can be another one.
            include: Names of the fields to return; or a dict from names to selections of their objects, with `__all__` or indices for items.
            exclude: The fields to leave out, in the same form.
            by_alias: Ignored: fields have one name.
            exclude_unset: Whether to leave out fields that were not sent.
            exclude_defaults: Whether to leave out known fields that are `None`.
            exclude_none: Whether to leave out every `None`.
            ignored: Other arguments of pydantic's method, which have no effect here.

        """
        from .dump import Filter, dump

        del by_alias, ignored
        rule = Filter(mode == "json", exclude_unset, exclude_defaults, exclude_none)
        return dump(self, rule, include, exclude)

    def model_dump_json(
        self,
        *,
        indent: int | None = None,
        include: Selection | None = None,
        exclude: Selection | None = None,
        by_alias: bool | None = None,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        **ignored: Any,
    ) -> str:
        """Return the fields as JSON text. See `model_dump`."""
        import json

        dumped = self.model_dump(
            mode="json",
            include=include,
            exclude=exclude,
            by_alias=by_alias,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
            **ignored,
        )
        separators = (",", ":") if indent is None else None
        return json.dumps(dumped, ensure_ascii=False, indent=indent, separators=separators)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with the fields of `update` changed; with `deep`, nested objects are copied too."""
        import copy

        copied = copy.deepcopy(self) if deep else copy.copy(self)
        for name, value in (update or {}).items():
            setattr(copied, name, value)
        return copied

    @classmethod
    def model_validate(cls, obj: Any, **ignored: Any) -> Self:
        """Create an object from a dict, or from another object. Values are not checked, since servers differ."""
        del ignored
        if isinstance(obj, Model):
            obj = obj.to_dict()
        if not isinstance(obj, dict):
            message = f"{cls.__name__} is created from a dict, not from a {type(obj).__name__}"
            raise TypeError(message)
        return cls(deep_copy(obj))

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **ignored: Any) -> Self:
        """Create an object from JSON text."""
        import json

        return cls.model_validate(json.loads(json_data), **ignored)

    @classmethod
    def model_construct(cls, _fields_set: set[str] | None = None, **values: Any) -> Self:
        """Create an object from fields."""
        del _fields_set
        return cls(values and None, **values)

    construct = model_construct

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Support results as fields of pydantic's models: validated by `model_validate`, dumped by `to_dict`."""
        from pydantic_core import core_schema

        def validated(value: Any) -> Any:
            try:
                return value if isinstance(value, cls) else cls.model_validate(value)
            except TypeError as error:
                raise ValueError(*error.args) from None

        def dumped(value: Any) -> Any:
            return value.to_dict()

        del source, handler
        return core_schema.no_info_plain_validator_function(
            validated, serialization=core_schema.plain_serializer_function_ser_schema(dumped)
        )

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Model):
            return self.__class__ is other.__class__ and self._synced() == other._synced()
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]  # fields can be set

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._data)
        return f"{self.__class__.__name__}({fields})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002, FBT001  (a tree has no cycles)
        """Print the fields, indented if they don't fit on a line, in notebooks and in IPython."""
        with printer.group(4, f"{self.__class__.__name__}(", ")"):
            for number, name in enumerate(self._data):
                if number:
                    printer.text(",")
                printer.breakable(" " if number else "")
                printer.text(f"{name}=")
                printer.pretty(getattr(self, name))

    def __rich_repr__(self) -> Iterator[tuple[str, Any]]:
        yield from self

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._fields, *self._data]

    def _synced(self) -> dict[str, Any]:
        """Return the data, after writing back changes in lists of objects."""
        for name, value in self.__dict__.items():
            if isinstance(value, Model):
                value._synced()
            elif type(value) is list and name in self._data and self._fields.get(name) is not None:
                self._data[name] = _unwrap(value)
        return self._data

    def _copied(self) -> dict[str, Any]:
        """Return the attributes that copies keep."""
        return {name: self.__dict__[name] for name in _COPIED if name in self.__dict__}

    def __copy__(self) -> Self:
        return _restore(type(self), dict(self._synced()), self._copied())

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return _restore(type(self), deep_copy(self._synced()), self._copied())

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self._synced(), self._copied())


def _restore(kind: type[M], data: dict[str, Any], copied: dict[str, Any]) -> M:
    model = kind(data)
    model.__dict__.update(copied)
    return model


def _wrap(value: Any, kind: type[Model] | None) -> Any:
    if isinstance(value, dict):
        return Fields(value) if kind is None else kind(value)
    if isinstance(value, list):
        items = [_wrap(item, kind) for item in value]
        if kind is not None:
            return items
        # The data keeps its list.
        value[:] = items
    return value


def _unwrap(value: Any) -> Any:
    if isinstance(value, Model):
        return value._synced()
    if isinstance(value, list):
        return [_unwrap(item) for item in value]
    return value


def deep_copy(value: Any) -> Any:
    """Return a copy of a JSON value."""
    if isinstance(value, dict):
        return {name: deep_copy(item) for name, item in value.items()}
    if isinstance(value, list):
        return [deep_copy(item) for item in value]
    return value
