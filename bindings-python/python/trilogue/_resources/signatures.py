"""Signatures and descriptions of the methods at run time, for `help()` and editors.

The methods take the fields of a request as `**request`. Their names, annotations and descriptions are generated; a signature is made when it is
first read, since `inspect` takes longer to load than this package.
"""

from __future__ import annotations

from .._generated.arguments import DOCS, FIELDS, REQUESTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from typing_extensions import Self


class LazySignature:
    """Stands for an `inspect.Signature`, also for `isinstance`, and makes it at first use."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.__dict__["_make"] = make

    if not TYPE_CHECKING:

        @property
        def __class__(self) -> type:
            """The class for `isinstance`."""
            from inspect import Signature

            return Signature

    def _signature(self) -> Any:
        if "_made" not in self.__dict__:
            self.__dict__["_made"] = self.__dict__["_make"]()
        return self.__dict__["_made"]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._signature(), name)

    def __str__(self) -> str:
        return str(self._signature())

    def __repr__(self) -> str:
        return repr(self._signature())

    def __eq__(self, other: object) -> bool:
        return bool(self._signature() == (other._signature() if type(other) is LazySignature else other))

    def __hash__(self) -> int:
        return hash(self._signature())

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def describe(owner: type[Any], resource: str) -> None:
    """Give the methods of a class the signatures and descriptions of a resource: each becomes a function of the class itself."""
    for name, (request, own) in REQUESTS[resource].items():
        function = _copy(getattr(owner, name))
        function.__module__, function.__qualname__ = owner.__module__, f"{owner.__name__}.{name}"
        fields = {field: about for field, about in FIELDS[request].items() if field not in own}
        text = DOCS[resource][name].rstrip()
        heading = "" if "Args:" in text else "\n\n        Args:"
        lines = "".join(
            f"\n            {field}: {about[1]}"
            for field, about in fields.items()
            if f"            {field}: " not in text
        )
        function.__doc__ = f"{text}{heading}{lines}\n"
        function.__signature__ = LazySignature(_maker(function, own, fields))
        setattr(owner, name, function)


def _copy(function: Any) -> Any:
    """Return a function with the same code."""
    kind = type(function)
    copied = kind(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    copied.__kwdefaults__ = function.__kwdefaults__
    copied.__annotations__ = function.__annotations__
    return copied


def _maker(function: Any, own: tuple[str, ...], fields: dict[str, tuple[str, str]]) -> Callable[[], Any]:
    def make() -> Any:
        from inspect import Parameter, Signature

        shared = Signature.from_callable(_copy(function))
        parameters = {name: one for name, one in shared.parameters.items() if one.kind is not Parameter.VAR_KEYWORD}
        for name in own:
            parameters.setdefault(name, Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation="Any"))
        for name, (annotation, _) in fields.items():
            is_required = annotation != "Any" and not annotation.endswith("None")
            default = Parameter.empty if is_required else None
            parameters[name] = Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        return shared.replace(parameters=list(parameters.values()))

    return make
