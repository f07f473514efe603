"""Lines for the logger `trilogue`: what a call did, and how it ended.

Law: loaded only where somebody listens. Names the model and counts; tells nothing of what was asked or answered, and no key: what the
core tells and what errors say is without them. A warning is `WARNING`, a retry `INFO`, everything else `DEBUG`.
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
    """The lines of one call; each begins with the call's number in brackets."""

    def __init__(
        self, logger: logging.Logger, number: int, endpoint: str, request: dict[str, Any], *, streamed: bool
    ) -> None:
        self._logger = logger
        self._number = number
        model = request.get("model")
        self._what = f"{endpoint}{f', model {model}' if model else ''}{', streamed' if streamed else ''}"
        self._streamed = streamed
        #: Whether every request and answer is wanted, and not only retries.
        self.wants_all = logger.isEnabledFor(logging.DEBUG)

    def heard(self, notice: dict[str, Any]) -> None:
        """Write a notice of the core: a request, an answer, a retry, a warning. Other types are written at `DEBUG`."""
        level = _NOTICES.get(notice["type"], logging.DEBUG)
        what = f"{self._what}: " if notice["type"] == "sending" else ""
        self._logger.log(level, "[%d] %s", self._number, _line(f"{what}{notice.get('text', notice['type'])}"))

    def ended(
        self,
        elapsed: float,
        first: float | None,
        counted: str,
        tokens: tuple[int | None, int | None],
        error: BaseException | None,
        *,
        whole: bool,
    ) -> None:
        """Write how the call ended."""
        if not self.wants_all:
            return
        if error is not None:
            outcome = f"failed with {type(error).__name__}"
        elif not whole:
            outcome = "closed by its reader"
        else:
            outcome = "done"
        facts = [f"{outcome} after {elapsed * 1000:.0f} ms"]
        if self._streamed:
            facts.append(counted + ("" if first is None else f", the first after {first * 1000:.0f} ms"))
        facts += [
            f"{count} tokens {way}" for count, way in zip(tokens, ("in", "out"), strict=True) if count is not None
        ]
        text = ", ".join(facts) + (f": {_line(str(error))}" if error is not None and str(error) else "")
        self._logger.debug("[%d] %s", self._number, text)


def _line(text: str) -> str:
    """Return text that can't begin a line of its own."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def warn(text: str) -> None:
    """Log a warning of a call that has no log of its own."""
    logging.getLogger("trilogue").warning("%s", _line(text))


class _OnlyVoice(logging.StreamHandler[Any]):
    """Writes to standard error, but stays silent once the program has handlers of its own."""

    def filter(self, record: logging.LogRecord) -> Any:
        return not logging.getLogger().handlers and super().filter(record)


def set_up(level: str) -> None:
    """Do what `TRILOGUE_LOG` asks for: set the logger's level, and write to standard error unless the program logs by itself."""
    known = _LEVELS.get(level.strip().lower())
    if known is None:
        message = f"TRILOGUE_LOG is {level!r}, which is none of {', '.join(_LEVELS)}: nothing is logged"
        warnings.warn(message, stacklevel=2)
        return
    logger = logging.getLogger("trilogue")
    logger.setLevel(known)
    handler = _OnlyVoice(sys.stderr)
    handler.setFormatter(logging.Formatter("[%(asctime)s %(name)s %(levelname)s] %(message)s"))
    logger.addHandler(handler)
