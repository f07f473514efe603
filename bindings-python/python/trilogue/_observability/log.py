"""Log records of calls, for the logger `trilogue`. Imported only if a program logs.

Records name models and count tokens; they contain no content of requests and replies, and no keys. A warning has the level `WARNING`, a
retry `INFO`, everything else `DEBUG`.
"""

from __future__ import annotations

import logging
import sys
import warnings
from typing import Any

#: Levels of notices, by their types.
_NOTICES = {"retrying": logging.INFO, "warning": logging.WARNING}
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class CallLog:
    """The log records of one call; each begins with the call's number in brackets."""

    def __init__(
        self, logger: logging.Logger, number: int, endpoint: str, request: dict[str, Any], *, streamed: bool
    ) -> None:
        self._logger = logger
        self._number = number
        model = request.get("model")
        self._title = f"{endpoint}{f', model {model}' if model else ''}{', streamed' if streamed else ''}"
        self._streamed = streamed
        #: Whether every request and answer is logged, and not only retries.
        self.wants_all = logger.isEnabledFor(logging.DEBUG)

    def write(self, notice: dict[str, Any]) -> None:
        """Write a notice of the core: a request, an answer, a retry, a warning. Other types have the level `DEBUG`."""
        level = _NOTICES.get(notice["type"], logging.DEBUG)
        title = f"{self._title}: " if notice["type"] == "sending" else ""
        self._logger.log(level, "[%d] %s", self._number, _line(f"{title}{notice.get('text', notice['type'])}"))

    def write_end(
        self,
        elapsed: float,
        first: float | None,
        counted: str,
        tokens: tuple[int | None, int | None],
        error: BaseException | None,
        *,
        is_whole: bool,
    ) -> None:
        """Write the record of the call's end."""
        if not self.wants_all:
            return
        if error is not None:
            outcome = f"failed with {type(error).__name__}"
        elif not is_whole:
            outcome = "closed by its reader"
        else:
            outcome = "done"
        facts = [f"{outcome} after {elapsed * 1000:.0f} ms"]
        if self._streamed:
            facts.append(counted + ("" if first is None else f", the first after {first * 1000:.0f} ms"))
        facts += [
            f"{count} tokens {direction}"
            for count, direction in zip(tokens, ("in", "out"), strict=True)
            if count is not None
        ]
        text = ", ".join(facts) + (f": {_line(str(error))}" if error is not None and str(error) else "")
        self._logger.debug("[%d] %s", self._number, text)


def _line(text: str) -> str:
    """Return a text with every control character, such as a line break, replaced by a space."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def warn(text: str) -> None:
    """Log a warning of a call that isn't observed."""
    logging.getLogger("trilogue").warning("%s", _line(text))


class _FallbackHandler(logging.StreamHandler[Any]):
    """Writes to standard error unless the program has handlers of its own."""

    def filter(self, record: logging.LogRecord) -> Any:
        return not logging.getLogger().handlers and super().filter(record)


def configure(level: str) -> None:
    """Apply `TRILOGUE_LOG`: set the logger's level, and write to standard error unless the program has handlers of its own."""
    known = _LEVELS.get(level.strip().lower())
    if known is None:
        message = f"TRILOGUE_LOG is {level!r}, but must be one of {', '.join(_LEVELS)}; nothing is logged"
        warnings.warn(message, stacklevel=2)
        return
    logger = logging.getLogger("trilogue")
    logger.setLevel(known)
    handler = _FallbackHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("[%(asctime)s %(name)s %(levelname)s] %(message)s"))
    logger.addHandler(handler)
