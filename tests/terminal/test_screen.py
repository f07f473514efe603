"""Tests of the rendering of answers: long answers, window sizes, and hostile control sequences.

The tests check the visible screen and its history in a real pseudo-terminal.
"""

from __future__ import annotations

import json
import re

import pytest
from conftest import ANSI, Terminals, chat, completion, json_response

from scripted import Scripts

#: Attempts to control the terminal: title, clipboard, links, colours and clearing the screen, in every encoding.
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


def control_characters(raw: bytes) -> list[str]:
    """Return the control and bidi characters in the output, except in the sequences of the program itself."""
    text = ANSI.sub("", raw.decode())
    return re.findall("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize("plain", [False, True])
def test_hostile_answer_is_shown_as_text(plain: bool, model: Scripts, terminal: Terminals) -> None:  # noqa: FBT001
    texts = [piece for text in HOSTILE for piece in [*text, "\n\n"]]
    reply = chat(*texts, "The end.", thoughts=tuple(HOSTILE))
    shown = terminal(model(reply).url, *(["--plain"] if plain else []), "Hi", lines=100)
    shown.wait_for("first token")
    # The prompt has control sequences of its own.
    raw = shown.raw.split(b"first token")[0]
    assert control_characters(raw) == []
    assert b"\x1b[2J" not in raw
    assert b"\x1b[31m" not in raw
    assert "]0;title" in shown.text()
    assert "The end." in shown.text()
    # The screen was not cleared.
    assert "m at http://" in shown.text()


MARKS = "\u202agnp\u202b.\u202cexe\u202d \u202erm\u2066 -\u2067rf\u2068 \u2069/"
PLAIN_MARKS = "gnp.exe rm -rf /"


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("command", ["chat", "ask"])
def test_bidi_characters_in_errors_are_removed(
    command: str,
    plain: bool,  # noqa: FBT001
    model: Scripts,
    terminal: Terminals,
) -> None:
    refused = json_response({"error": {"message": MARKS, "type": MARKS, "code": MARKS}}, status=400)
    shown = terminal(model(refused).url, *(["--plain"] if plain else []), "Hi", command=command, columns=200)
    shown.wait_for("BadRequestError")
    assert PLAIN_MARKS in shown.text()
    assert control_characters(shown.raw.split(b"BadRequestError")[0]) == []


def test_bidi_characters_in_logs_are_removed(model: Scripts, terminal: Terminals) -> None:
    refused = json_response({"error": {"message": MARKS}}, status=500)
    refused["headers"] = {"retry-after": "0"}
    shown = terminal(model(refused, chat("Hello.")).url, "Hi", command="ask", columns=300, TRILOGUE_LOG="debug")
    shown.wait_for("retry 1 of 2")
    assert shown.wait_for_exit() == 0
    assert control_characters(shown.raw) == []
    assert "Hello." in shown.text()


@pytest.mark.parametrize(
    "line", [["--json"], ["--schema", '{"type": "object", "properties": {"text": {"type": "string"}}}']]
)
def test_bidi_characters_in_json_are_escaped(line: list[str], model: Scripts, terminal: Terminals) -> None:
    shown = terminal(
        model(json_response(completion(json.dumps({"text": MARKS})))).url, *line, "Hi", command="ask", columns=300
    )
    assert shown.wait_for_exit() == 0
    assert control_characters(shown.raw) == []
    assert "\\u202e" in shown.text()


def test_directional_marks_are_kept(model: Scripts, terminal: Terminals) -> None:
    text = "\u05e9\u05dc\u05d5\u05dd\u200f! (\u0627\u061c) C++\u200e"
    shown = terminal(model(chat(text)).url, "Hi", command="ask")
    assert shown.wait_for_exit() == 0
    assert text in shown.raw.decode()


def test_long_answer_is_shown_completely_and_once(model: Scripts, terminal: Terminals) -> None:
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
    shown.submit("Hi")
    shown.wait_for("first token")
    rows = shown.rows()
    assert [row for row in rows if row.startswith("line_")] == code
    assert [row.removeprefix(" • ") for row in rows if "of the list" in row] == items
    assert re.findall(r"word\d+", shown.text()) == words.split()
    assert rows.count("```python") == rows.count("```") == 1


def test_text_is_kept_if_later_text_changes_its_rendering(model: Scripts, terminal: Terminals) -> None:
    # Markup takes effect only when it is closed, a line separator is not a line break in Markdown, and tables grow in width.
    words = [f"w{number}." for number in range(300)]
    cells = [f"c{number}{'x' * (number // 10)}." for number in range(60)]
    text = "`" + " ".join(words[:150]) + "\u2028\n" + "\n".join(words[150:]) + "` **and\n\n"
    text += "| a | b |\n|---|---|\n" + "".join(f"| {cell} | {cell.upper()} |\n" for cell in cells)
    shown = terminal(model(chat(*[text[i : i + 7] for i in range(0, len(text), 7)], delay=1)).url, lines=9, columns=50)
    shown.submit("Hi")
    shown.wait_for("first token")
    seen = shown.text()
    assert [word for word in words if word not in seen] == []
    assert [seen.count(f"{cell} ") for cell in cells] == [1] * 60


def test_very_long_line(model: Scripts, terminal: Terminals) -> None:
    reply = chat("x" * 300_000, "\n\nThe end.")
    shown = terminal(model(reply).url, columns=100)
    shown.submit("Hi")
    shown.wait_for("The end.")
    assert shown.text().count("x") >= 300_000


@pytest.mark.parametrize("columns", [12, 40, 200])
def test_window_widths(columns: int, model: Scripts, terminal: Terminals) -> None:
    text = "# A heading\n\nSome words that are wrapped.\n\n1. one\n2. two\n\n> quoted\n\n```\ncode\n```\n\n---\n\n| a | b |\n|---|---|\n| c | d |"
    shown = terminal(model(chat(*text, thoughts=("Let me think.",))).url, columns=columns)
    shown.submit("Hi")
    shown.wait_for("in, ")
    seen = shown.text()
    for word in ["heading", "words", "wrapped", "one", "two", "quoted", "code", "think", " d"]:
        assert word in seen
    assert max(len(row) for row in shown.rows()) <= columns


def test_window_is_resized_during_an_answer(model: Scripts, terminal: Terminals) -> None:
    lines = [f"Paragraph {number}." for number in range(60)]
    text = "\n\n".join(lines)
    shown = terminal(model(chat(*[text[i : i + 5] for i in range(0, len(text), 5)], delay=8)).url, columns=60)
    shown.submit("Hi")
    for number, (columns, height) in enumerate([(90, 24), (40, 24), (70, 12), (100, 30)]):
        shown.wait_for(f"Paragraph {5 + 8 * number}.")
        shown.resize(columns, height)
    shown.wait_for("first token")
    assert [row for row in shown.rows() if row.startswith("Paragraph")] == lines


def test_wide_characters_keep_columns_aligned(model: Scripts, terminal: Terminals) -> None:
    table = "| name | n |\n|---|---|\n| 日本語 | 1 |\n| 🎉 | 2 |\n| abc | 3 |\n\n" + "漢字" * 60
    shown = terminal(model(chat(*table)).url)
    shown.submit("Hi")
    shown.wait_for("first token")
    # Columns are counted in cells. The second cell of a wide character is empty.
    cells = {}
    for y in range(24):
        row = [shown._screen.buffer[y][x].data for x in range(80)]  # the emulator has no public API for cells
        for digit in "123":
            if digit in row and "abc" + digit not in "".join(row) and ":" not in row and "t" not in row:
                cells[digit] = row.index(digit)
    assert len(cells) == 3
    assert len(set(cells.values())) == 1
    assert shown.text().count("漢") == 60


def test_no_color_disables_colors(model: Scripts, terminal: Terminals) -> None:
    text = "**bold** `code`\n\n```python\ndef f(): return 1\n```"
    for variables, colored in [({"NO_COLOR": "1"}, False), ({}, True)]:
        shown = terminal(model(chat(text)).url, **variables)
        shown.submit("Hi")
        shown.wait_for("first token")
        styles = re.findall(rb"\x1b\[([0-9;]*)m", shown.raw)
        numbers = {int(part) for style in styles for part in style.split(b";") if part}
        assert bool(numbers & {*range(30, 39), *range(40, 49), *range(90, 98)}) is colored
        assert shown.styles("bold").bold


def test_finished_blocks_are_not_rewritten(model: Scripts, terminal: Terminals) -> None:
    text = "\n\n".join(f"Paragraph {number} with some words." for number in range(100))
    shown = terminal(model(chat(*[text[i : i + 3] for i in range(0, len(text), 3)], delay=2)).url)
    shown.submit("Hi")
    shown.wait_for("first token")
    # Only growing blocks are redrawn. A block that was finished ten blocks ago is not.
    for number in range(0, 90, 10):
        after = shown.raw.split(f"Paragraph {number + 10} with".encode(), 1)[1]
        assert f"Paragraph {number} with".encode() not in after


def test_ask_renders_markdown_in_a_terminal(model: Scripts, terminal: Terminals) -> None:
    shown = terminal(model(chat("Some **bold** words.")).url, "Hi", command="ask")
    assert shown.wait_for_exit() == 0
    assert "Some bold words." in shown.text()
    assert shown.styles("bold").bold
    plain = terminal(model(chat("Some **bold** words.")).url, "--no-markdown", "Hi", command="ask")
    assert plain.wait_for_exit() == 0
    assert "Some **bold** words." in plain.text()
    assert b"\x1b" not in plain.raw
