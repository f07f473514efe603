"""Requests for snippets: typical ones, and ones with special characters of languages and shells.

This module contains only data and generators of random data.
"""

from __future__ import annotations

import random
from typing import Any

_USER = {"role": "user", "content": "Compare REST vs GraphQL APIs"}
_PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "api_key": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}

#: Texts with a special meaning in a language or shell.
HOSTILE = [
    "quotes \" ' ` “ ” «»",
    "back\\slash \\n \\\\ \\' \\\" \\x41 \\u0041 \\u{41} \\",
    "$(rm -rf /tmp/nothing) `id` ${HOME} $HOME {$x} {\\$x} $x[0] $$ !! !1 %s %(a)s {0} {{}} #{x} <%= 1 %>",
    "JSON\nEOF\n'JSON'\n JSON\nJSON;\nEOT;\n'''\n\"\"\"\n",
    "<?php echo 1; ?> ?> </script> <!-- <script> ]]> --> */ // # ;",
    "\0\x01\x02\x07\x08\t\n\x0b\x0c\r\x0e\x1b[31m\x1f\x7f\x80\x85\x9b",
    "line\u2028paragraph\u2029nel\u0085 nbsp\xa0 zwsp\u200b zwj\u200d bom\ufeff soft\xad",
    "\u202eRTL override\u202c \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u2066isolate\u2069",
    "\U0001f642\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3f4\U000e0067\U000e0062\U000e007f e\u0301 \ufffd \uffff \ufffe \U0010ffff",
    "trailing space \n\n  indented\n\ttabbed\r\ncrlf\r",
    "-n",
    "@file",
    "--data x",
    "",
    " ",
    "\n",
    "\\",
    '"',
    "'",
    "$",
    "None",
    "true",
    "null",
    "NaN",
    "f'{x}' f\"{y}\" r'' b''",
]
#: Names with a special meaning in a language.
NAMES = [
    "a b",
    "from",
    "class",
    "None",
    "def",
    "self",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "",
    "0",
    "1",
    "-5",
    "007",
    "1e3",
    "\0n",
    "é",
    "日本",
    "a-b",
    "a.b",
    "a[0]",
    "$x",
    "{$x}",
    "'",
    '"',
    "\\",
    "`",
    "\n",
    "\u2028",
    "timeout",
    "extra_body",
    "budget",
    "return",
    "new",
    "await",
    "this",
    "\U0001f642",
]
NUMBERS: list[Any] = [
    0, -1, 1, 0.5, -0.25, 1e-7, 1e21, 1.0, 100.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 2**31, 2**53 - 1, -(2**53) + 1,
]  # fmt: skip


def _nested(depth: int) -> Any:
    value: Any = "deep $"
    for level in range(depth):
        value = [value] if level % 2 else {"in": value}
    return value


CHAT: dict[str, dict[str, Any]] = {
    "typical": {
        "model": "openai-gpt-oss-120b",
        "messages": [{"role": "system", "content": "Be brief.\nBe exact.\n\nUse lists where there is more than one thing, and say why each is there."}, _USER],
        "temperature": 0.7,
        "max_tokens": 1000,
        "stop": ["\n\n", "END"],
    },
    "tools": {
        "model": "m",
        "messages": [
            _USER,
            {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Köln \\"x\\""}'}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "rain"},
        ],
        "tools": [{"type": "function", "function": {"name": "weather", "description": "Returns the weather.", "parameters": _SCHEMA}}],
        "tool_choice": "auto",
    },
    "schema": {
        "model": "m",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "What's this?"}, {"type": "image_url", "image_url": {"url": _PIXEL}}]}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": _SCHEMA}},
    },
    "hostile": {
        "model": "m'\"$(x)\\",
        "messages": [{"role": "user", "content": text} for text in HOSTILE],
        "metadata": {name: name for name in NAMES},
        "user": None,
        **{name: [{name: name}] for name in NAMES},
    },
    "shapes": {
        "model": "m",
        "messages": [_USER],
        "numbers": NUMBERS,
        "empty": [{}, [], {"a": {}, "b": []}, [[]], [{}]],
        "indices": [{"0": 1, "1": 2}, {"0": {}}, {"-1": 0}, {"1": 1, "0": 0}],
        "words": [True, False, None],
        "deep": _nested(100),
    },
    "exact": {"model": "m", "messages": [_USER], "seed": 2**53 + 1, "least": -(2**63), "most": 2**64 - 1, "n\0": [{"0": 1, "\0a": "$x"}]},
    "long": {"model": "m", "messages": [{"role": "user", "content": "a 'b' \"c\" $d \\ \n" * (1 << 16)}, _USER]},
}  # fmt: skip

MESSAGES: dict[str, dict[str, Any]] = {
    "typical": {"model": "m", "max_tokens": 1000, "system": "Be brief.", "messages": [_USER], "temperature": 0.7, "top_k": 5},
    "tools": {
        "model": "m",
        "max_tokens": 1000,
        "messages": [
            {"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": _PIXEL[22:]}}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Köln", "__proto__": {}}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "rain"}]},
        ],
        "tools": [{"name": "weather", "description": "Returns the weather.", "input_schema": _SCHEMA}],
        "thinking": {"type": "enabled", "budget_tokens": 500},
    },
    "hostile": {
        "model": "m",
        "max_tokens": 1,
        "system": [{"type": "text", "text": text} for text in HOSTILE],
        "messages": [_USER],
        **{name: {name: [name]} for name in NAMES},
    },
}  # fmt: skip


def random_text(source: random.Random) -> str:
    """Return a text of random characters."""
    pools = [(0, 0x20), (0x20, 0x7F), (0x7F, 0x3000), (0xE000, 0x10000), (0x10000, 0x110000), (0x2000, 0x2070)]
    signs = "\\\"'`$\n\r{}<>?/!%#@&*()[];:,JSON "
    return "".join(
        source.choice(signs) if source.random() < 0.5 else chr(source.randrange(*source.choice(pools)))
        for _ in range(source.randrange(12))
    )


def random_value(source: random.Random, depth: int = 0, *, short: bool = False) -> Any:
    """Return a random JSON value whose numbers every language can represent. With `short`, numbers have few digits."""
    kind = source.randrange(8 if depth < 4 else 6)
    if kind >= 6:
        items = [random_value(source, depth + 1, short=short) for _ in range(source.randrange(5))]
        return items if kind == 6 else {random_name(source): item for item in items}
    if kind == 5:
        return random_text(source)
    bits = source.randrange(54)
    # Floats from 2**53 to 1e21 are excluded, because JavaScript serializes them as integers, which other languages parse exactly.
    power = 10.0 ** source.choice([*range(-300, 15), *range(23, 300)])
    number = source.uniform(-1, 1) * power
    return [
        None,
        source.random() < 0.5,
        source.getrandbits(bits) * source.choice([1, -1]) if bits else 0,
        source.randrange(-(10**9), 10**9) / 8 if short else number,
        random_text(source),
    ][kind]


def random_name(source: random.Random) -> str:
    """Return a random name, except names of API keys and names that PHP objects cannot have."""
    name = source.choice(NAMES) if source.random() < 0.3 else random_text(source)
    return name.lstrip("\0") if name.lower() not in ("key", "apikey") else name + "_"
