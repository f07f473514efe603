"""Log records of calls, for the logger `trilogue`. Imported only if a program logs.

The core writes the texts: they name models and count tokens, and contain no content of requests and replies, and no keys.
"""

from __future__ import annotations

import logging
import sys
import warnings
from typing import Any

from .._generated.constants import LOG_VARIABLE

#: Levels by their names in notices and in `TRILOGUE_LOG`.
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class CallLog:
    """The log records of one call; each begins with the call's number in brackets."""

    def __init__(self, logger: logging.Logger, number: int) -> None:
        self._logger = logger
        self._number = number
        #: Whether every request and answer is logged, and not only retries.
        self.wants_all = logger.isEnabledFor(logging.DEBUG)

    def write(self, notice: dict[str, Any]) -> None:
        """Write a notice of the core. The log record of a call's end has the call's record as its attribute `call`."""
        more = {"call": notice["record"]} if "record" in notice else None
        self._logger.log(_LEVELS[notice["level"]], "[%d] %s", self._number, notice["text"], extra=more)


def warn(text: str) -> None:
    """Log a warning of a call that isn't observed."""
    logging.getLogger("trilogue").warning("%s", text)


class _FallbackHandler(logging.StreamHandler[Any]):
    """Writes to standard error unless the program has handlers of its own."""

    def filter(self, record: logging.LogRecord) -> Any:
        return not logging.getLogger().handlers and super().filter(record)


def configure(level: str) -> None:
    """Apply `TRILOGUE_LOG`: set the logger's level, and write to standard error unless the program has handlers of its own."""
    known = _LEVELS.get(level.strip().lower())
    if known is None:
        message = f"{LOG_VARIABLE} is {level!r}, but must be one of {', '.join(_LEVELS)}; nothing is logged"
        warnings.warn(message, stacklevel=2)
        return
    logger = logging.getLogger("trilogue")
    logger.setLevel(known)
    handler = _FallbackHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("[%(asctime)s %(name)s %(levelname)s] %(message)s"))
    logger.addHandler(handler)
