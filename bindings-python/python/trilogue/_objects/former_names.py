"""The methods of results under the names of pydantic's first version, which the official clients keep."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import builtins
    from collections.abc import Mapping
    from typing import Any

    from typing_extensions import Self


class FormerNames:
    """Former names of the methods that begin with `model_`."""

    if TYPE_CHECKING:

        def model_dump(self, **options: Any) -> builtins.dict[str, Any]: ...
        def model_dump_json(self, **options: Any) -> str: ...
        def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self: ...
        @classmethod
        def model_validate(cls, obj: Any, **ignored: Any) -> Self: ...
        @classmethod
        def model_validate_json(cls, json_data: str | bytes | bytearray, **ignored: Any) -> Self: ...

    def dict(self, **options: Any) -> builtins.dict[str, Any]:
        """Return the fields as a new dict, as `model_dump`."""
        return self.model_dump(**options)

    def json(self, **options: Any) -> str:
        """Return the fields as JSON text, as `model_dump_json`."""
        return self.model_dump_json(**options)

    def copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy, as `model_copy`."""
        return self.model_copy(update=update, deep=deep)

    @classmethod
    def parse_obj(cls, obj: Any) -> Self:
        """Create an object from a dict, as `model_validate`."""
        return cls.model_validate(obj)

    @classmethod
    def parse_raw(cls, json_data: str | bytes | bytearray) -> Self:
        """Create an object from JSON text, as `model_validate_json`."""
        return cls.model_validate_json(json_data)
