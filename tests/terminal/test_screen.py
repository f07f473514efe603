"""Long, narrow, wide, resized and hostile answers on the screen.

The tests check what a person sees and can scroll back to, in a real pseudo-terminal.
"""

from __future__ import annotations

import json
import re

import pytest
from conftest import ANSI, Terminals, chat, completion, whole

from scripted import Scripts

#: Texts with control sequences: a title, a clipboard, a link, colours, a cleared screen, in every spelling.
HOSTILE = [
    "\x1b]0;title\x07",
    "\x1b]52;c;aGk=\x07",
    "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "\x9d0;title\x9c \x9b2J",
    "\x1b[2J\x1b[31m\x1bc",
    "&#27;]0;title&#7; &#x1b;[2J &#x9b;2J",
    "[here](<http://e.example/\x1b]0;title\x07>) [x](http://e.example/&#27;]0;title&#7;)",
    "![\x1b[2J](http://e.example/&#27;[2J)",
    "`\x1b[2J &#27;`",
    "| \x1b[2J | &#27;[2J |\n|---|---|\n| \x9b2J | \x1bc |",
    "```\x1b[2J\n\x1b]0;title\x07\n```",
    "cut\rover \x08\x08 \x00\x7f",
    *(f"{mark}gnp.exe\u202c" for mark in "\u202a\u202b\u202d\u202e"),
    *(f"{mark}rm -rf\u2069" for mark in "\u2066\u2067\u2068"),
    "&#x202e;gnp.exe&#x202c; &#8294;rm -rf&#8297;",
    "`\u202egnp.exe\u202c`",
    "```\u2067\n\u202egnp.exe\u2066\n```",
]


def codes(raw: bytes) -> list[str]:
    """Return the control sequences in the output, without the program's own ones."""
    text = ANSI.sub("", raw.decode())
    return re.findall("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize("plain", [False, True])
def test_a_hostile_answer_is_shown_as_text(plain: bool, model: Scripts, terminal: Terminals) -> None:  # noqa: FBT001
    texts = [piece for text in HOSTILE for piece in [*text, "\n\n"]]
    reply = chat(*texts, "The end.", thoughts=tuple(HOSTILE))
    shown = terminal(model(reply).url, *(["--plain"] if plain else []), "Hi", lines=100)
    shown.until("first token")
    # Before the prompt, which has sequences of its own.
    raw = shown.raw.split(b"first token")[0]
    assert codes(raw) == []
    assert b"\x1b[2J" not in raw
    assert b"\x1b[31m" not in raw
    assert "]0;title" in shown.text()
    assert "The end." in shown.text()
    # The earlier screen content is still there.
    assert "m at http://" in shown.text()


MARKS = "\u202agnp\u202b.\u202cexe\u202d \u202erm\u2066 -\u2067rf\u2068 \u2069/"
PLAIN_MARKS = "gnp.exe rm -rf /"


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("command", ["chat", "ask"])
def test_an_error_of_a_server_reorders_nothing(
    command: str,
    plain: bool,  # noqa: FBT001
    model: Scripts,
    terminal: Terminals,
) -> None:
    refused = whole({"error": {"message": MARKS, "type": MARKS, "code": MARKS}}, status=400)
    shown = terminal(model(refused).url, *(["--plain"] if plain else []), "Hi", command=command, columns=200)
    shown.until("BadRequestError")
    assert PLAIN_MARKS in shown.text()
    assert codes(shown.raw.split(b"BadRequestError")[0]) == []


def test_logs_on_a_terminal_reorder_nothing(model: Scripts, terminal: Terminals) -> None:
    refused = whole({"error": {"message": MARKS}}, status=500)
    refused["headers"] = {"retry-after": "0"}
    shown = terminal(model(refused, chat("Hello.")).url, "Hi", command="ask", columns=300, TRILOGUE_LOG="debug")
    shown.until("retry 1 of 2")
    assert shown.end() == 0
    assert codes(shown.raw) == []
    assert "Hello." in shown.text()


@pytest.mark.parametrize(
    "line", [["--json"], ["--schema", '{"type": "object", "properties": {"text": {"type": "string"}}}']]
)
def test_json_on_a_terminal_reorders_nothing(line: list[str], model: Scripts, terminal: Terminals) -> None:
    shown = terminal(model(whole(completion(json.dumps({"text": MARKS})))).url, *line, "Hi", command="ask", columns=300)
    assert shown.end() == 0
    assert codes(shown.raw) == []
    assert "\\u202e" in shown.text()


def test_marks_of_arabic_and_hebrew_stay(model: Scripts, terminal: Terminals) -> None:
    text = "\u05e9\u05dc\u05d5\u05dd\u200f! (\u0627\u061c) C++\u200e"
    shown = terminal(model(chat(text)).url, "Hi", command="ask")
    assert shown.end() == 0
    assert text in shown.raw.decode()


def test_no_line_of_a_long_answer_is_lost_or_doubled(model: Scripts, terminal: Terminals) -> None:
    code = [f"line_{number} = {number}" for number in range(600)]
    items = [f"item {number} of the list" for number in range(200)]
    words = " ".join(f"word{number}" for number in range(4000))
    text = (
        "```python\n"
        + "\n".join(code)
        + "\n```\n\n"
        + "".join(f"- {item}\n" for item in items)
        + f"\n{words}\n\nThe end."
    )
    pieces = [text[start : start + 37] for start in range(0, len(text), 37)]
    shown = terminal(model(chat(*pieces, delay=1)).url, lines=15)
    shown.say("Hi")
    shown.until("first token")
    rows = shown.rows()
    assert [row for row in rows if row.startswith("line_")] == code
    assert [row.removeprefix(" • ") for row in rows if "of the list" in row] == items
    assert re.findall(r"word\d+", shown.text()) == words.split()
    assert rows.count("```python") == rows.count("```") == 1


def test_text_reinterpreted_by_later_text_is_not_lost(model: Scripts, terminal: Terminals) -> None:
    # Markup counts once it is closed; Markdown ignores line separators; the columns of a table grow.
    words = [f"w{number}." for number in range(300)]
    cells = [f"c{number}{'x' * (number // 10)}." for number in range(60)]
    text = "`" + " ".join(words[:150]) + "\u2028\n" + "\n".join(words[150:]) + "` **and\n\n"
    text += "| a | b |\n|---|---|\n" + "".join(f"| {cell} | {cell.upper()} |\n" for cell in cells)
    shown = terminal(model(chat(*[text[i : i + 7] for i in range(0, len(text), 7)], delay=1)).url, lines=9, columns=50)
    shown.say("Hi")
    shown.until("first token")
    seen = shown.text()
    assert [word for word in words if word not in seen] == []
    assert [seen.count(f"{cell} ") for cell in cells] == [1] * 60


def test_an_answer_of_one_huge_line(model: Scripts, terminal: Terminals) -> None:
    reply = chat("x" * 300_000, "\n\nThe end.")
    shown = terminal(model(reply).url, columns=100)
    shown.say("Hi")
    shown.until("The end.")
    assert shown.text().count("x") >= 300_000


@pytest.mark.parametrize("columns", [12, 40, 200])
def test_narrow_and_wide_windows(columns: int, model: Scripts, terminal: Terminals) -> None:
    text = "# A heading\n\nSome words that are wrapped.\n\n1. one\n2. two\n\n> quoted\n\n```\ncode\n```\n\n---\n\n| a | b |\n|---|---|\n| c | d |"
    shown = terminal(model(chat(*text, thoughts=("Let me think.",))).url, columns=columns)
    shown.say("Hi")
    shown.until("in, ")
    seen = shown.text()
    for word in ["heading", "words", "wrapped", "one", "two", "quoted", "code", "think", " d"]:
        assert word in seen
    assert max(len(row) for row in shown.rows()) <= columns


def test_a_window_resized_during_an_answer(model: Scripts, terminal: Terminals) -> None:
    lines = [f"Paragraph {number}." for number in range(60)]
    text = "\n\n".join(lines)
    shown = terminal(model(chat(*[text[i : i + 5] for i in range(0, len(text), 5)], delay=8)).url, columns=60)
    shown.say("Hi")
    for number, (columns, height) in enumerate([(90, 24), (40, 24), (70, 12), (100, 30)]):
        shown.until(f"Paragraph {5 + 8 * number}.")
        shown.resize(columns, height)
    shown.until("first token")
    assert [row for row in shown.rows() if row.startswith("Paragraph")] == lines


def test_wide_characters_keep_columns_aligned(model: Scripts, terminal: Terminals) -> None:
    table = "| name | n |\n|---|---|\n| 日本語 | 1 |\n| 🎉 | 2 |\n| abc | 3 |\n\n" + "漢字" * 60
    shown = terminal(model(chat(*table)).url)
    shown.say("Hi")
    shown.until("first token")
    # Of a character of two cells the second is empty: columns are counted in cells.
    cells = {}
    for y in range(24):
        row = [shown._screen.buffer[y][x].data for x in range(80)]  # where a character stands
        for digit in "123":
            if digit in row and "abc" + digit not in "".join(row) and ":" not in row and "t" not in row:
                cells[digit] = row.index(digit)
    assert len(cells) == 3
    assert len(set(cells.values())) == 1
    assert shown.text().count("漢") == 60


def test_colours_can_be_disabled(model: Scripts, terminal: Terminals) -> None:
    text = "**bold** `code`\n\n```python\ndef f(): return 1\n```"
    for variables, coloured in [({"NO_COLOR": "1"}, False), ({}, True)]:
        shown = terminal(model(chat(text)).url, **variables)
        shown.say("Hi")
        shown.until("first token")
        styles = re.findall(rb"\x1b\[([0-9;]*)m", shown.raw)
        numbers = {int(part) for style in styles for part in style.split(b";") if part}
        assert bool(numbers & {*range(30, 39), *range(40, 49), *range(90, 98)}) is coloured
        assert shown.styles("bold").bold


def test_finished_text_is_not_written_again(model: Scripts, terminal: Terminals) -> None:
    text = "\n\n".join(f"Paragraph {number} with some words." for number in range(100))
    shown = terminal(model(chat(*[text[i : i + 3] for i in range(0, len(text), 3)], delay=2)).url)
    shown.say("Hi")
    shown.until("first token")
    # A block is painted while it grows, and no more after it is finished.
    for number in range(0, 90, 10):
        after = shown.raw.split(f"Paragraph {number + 10} with".encode(), 1)[1]
        assert f"Paragraph {number} with".encode() not in after


def test_ask_shows_markdown_on_a_terminal(model: Scripts, terminal: Terminals) -> None:
    shown = terminal(model(chat("Some **bold** words.")).url, "Hi", command="ask")
    assert shown.end() == 0
    assert "Some bold words." in shown.text()
    assert shown.styles("bold").bold
    plain = terminal(model(chat("Some **bold** words.")).url, "--no-markdown", "Hi", command="ask")
    assert plain.end() == 0
    assert "Some **bold** words." in plain.text()
    assert b"\x1b" not in plain.raw
