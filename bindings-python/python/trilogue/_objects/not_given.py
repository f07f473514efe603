"""`NOT_GIVEN` and `omit`: values of arguments that are not given, as in the official clients.

Values of the official clients' classes of these names count as not given too: `_sender.is_given` recognises the names.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal


class NotGiven:
    """The class of `NOT_GIVEN`, for annotations: `temperature: float | NotGiven = NOT_GIVEN`."""

    __slots__ = ()

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "NOT_GIVEN"

    def __reduce__(self) -> str:
        return "NOT_GIVEN"


#: The name of the class in newer official clients.
Omit = NotGiven

NOT_GIVEN = NotGiven()
not_given = omit = NOT_GIVEN
