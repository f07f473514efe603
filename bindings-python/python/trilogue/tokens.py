"""The tokens and the prompts of the gpt-oss models, offline: `trilogue.tokens.count("Hello, world!")`.

The tokenizer is the core's. Its vocabulary is the package `trilogue-o200k`, which `pip install 'trilogue[tokens]'` installs; it is loaded at the first
call, in about 20 ms, and kept.
"""

from __future__ import annotations

import sys
import zlib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ._native import NativeVocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Literal

    from ._generated.types import PromptTokens

__all__ = [
    "count",
    "count_prompt",
    "count_up_to",
    "decode",
    "decode_bytes",
    "encode",
    "encode_prompt",
    "render_prompt",
]

#: The package with the data, and its file.
_PACKAGE, _FILE = "trilogue_o200k", "o200k.pairs.gz"
#: The option of zlib that reads gzip.
_GZIP = 31

_vocabulary: NativeVocabulary | None = None


def count(text: str, *, special: bool = False) -> int:
    """Return the number of tokens of a text.

    With `special`, names such as `<|start|>` are the special tokens; without, they are text like any other. Raises ConfigurationError if the
    vocabulary is not installed.
    """
    number = _load().count(text, special)
    return 0 if number is None else number


def count_up_to(text: str, limit: int, *, special: bool = False) -> int | None:
    """Return the number of tokens of a text, or `None` if it exceeds the limit; the rest of the text is not read then."""
    # No text has more tokens than a machine has addresses.
    return None if limit < 0 else _load().count(text, special, min(limit, sys.maxsize))


def encode(text: str, *, special: bool = False) -> list[int]:
    """Return the tokens of a text. `special` is that of `count`."""
    return _load().encode(text, special)


def count_prompt(
    request: Mapping[str, Any],
    *,
    endpoint: Literal["chat", "messages"] = "chat",
    profile: Literal["harmony", "jinja"] = "harmony",
) -> PromptTokens:
    """Return the number of tokens of a request's prompt: of its messages, its tools and what the model's format adds.

    `profile` is the endpoint's renderer: `harmony` (vLLM) or `jinja`, the template of the models (llama.cpp, Transformers). Hosted endpoints don't say
    which they use; the two differ only for requests with tools, with names such as `<|end|>` in a text, or with an empty line after the instructions.
    `basis` of the result is `exact` for the gpt-oss models, and `estimate` for others, whose tokenizer is not here.

    Raises InvalidRequestError for a message that the profile can't render, such as one with an image.
    """
    from json import loads

    from ._generated.types import PromptTokens

    return PromptTokens(loads(_load().count_prompt(_prompt_input(request, endpoint, profile))))


def encode_prompt(
    request: Mapping[str, Any],
    *,
    endpoint: Literal["chat", "messages"] = "chat",
    profile: Literal["harmony", "jinja"] = "harmony",
    date: str | None = None,
) -> list[int]:
    """Return the tokens of a request's prompt. The arguments are those of `render_prompt`."""
    return _load().encode_prompt(_prompt_input(request, endpoint, profile, date))


def render_prompt(
    request: Mapping[str, Any],
    *,
    endpoint: Literal["chat", "messages"] = "chat",
    profile: Literal["harmony", "jinja"] = "harmony",
    date: str | None = None,
) -> str:
    """Return the prompt of a request as text, with its special tokens by name. It needs no vocabulary.

    `date` is the date in the prompt, as `2026-12-31`: today by default. The other arguments are those of `count_prompt`.
    """
    from ._operations import operation

    text: str = operation("render_prompt", **_prompt_input(request, endpoint, profile, date))["text"]
    return text


def _prompt_input(request: Mapping[str, Any], endpoint: str, profile: str, date: str | None = None) -> dict[str, Any]:
    import datetime

    date = date or datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat()
    return {"endpoint": endpoint, "request": dict(request), "profile": profile, "date": date}


def decode(tokens: Iterable[int]) -> str:
    """Return the text of tokens. Bytes that are not UTF-8, as where tokens begin or end within a character, become U+FFFD.

    Raises InvalidRequestError if a number is not a token.
    """
    return decode_bytes(tokens).decode("utf-8", "replace")


def decode_bytes(tokens: Iterable[int]) -> bytes:
    """Return the bytes of tokens. Raises InvalidRequestError if a number is not a token."""
    return _load().decode(list(tokens))


def _load() -> NativeVocabulary:
    global _vocabulary
    # Two threads may load at once, to the same effect.
    if _vocabulary is None:
        _vocabulary = NativeVocabulary(zlib.decompress(_find().read_bytes(), _GZIP))
    return _vocabulary


def _find() -> Path:
    """Return the path of the data. Raises ConfigurationError if it is not installed."""
    # The package is not imported: it has no code.
    found = find_spec(_PACKAGE)
    folders = [] if found is None else found.submodule_search_locations or []
    for path in (Path(folder, _FILE) for folder in folders):
        if path.is_file():
            return path
    from ._generated.errors import ConfigurationError

    message = "the vocabulary of the tokenizer is not installed; run `pip install 'trilogue[tokens]'`"
    raise ConfigurationError(message)
