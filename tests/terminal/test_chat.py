"""Tests of `trilogue chat` in a terminal: the screen, the requests, and the recovery from errors.

The tests use a real pseudo-terminal with an emulated screen, and real sockets.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from conftest import PROGRAM, REJECTED, TIMEOUT, Terminal, Terminals, chat, environment, message

from scripted import Scripts
from trilogue import Conversation


def messages(body: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the role and content of each message of a request."""
    return [(item["role"], item["content"]) for item in body["messages"]]


def test_a_conversation_over_several_turns(model: Scripts, terminal: Terminals) -> None:
    running = model(chat("The **first**."), chat("The second."))
    shown = terminal(running.url, "-s", "Be brief")
    shown.submit("One?")
    shown.wait_for("The first.")
    shown.submit("Two?")
    shown.wait_for("The second.")
    shown.wait_for_prompt()
    shown.send("\x04")
    assert shown.wait_for_exit() == 0
    role = ("system", "Be brief")
    first = [role, ("user", "One?")]
    second = [*first, ("assistant", "The **first**."), ("user", "Two?")]
    assert [messages(body) for body in running.bodies()] == [first, second]
    assert len({entry["connection"] for entry in running.log()}) == 1


def test_status_line_shows_tokens_and_cost(model: Scripts, terminal: Terminals) -> None:
    details = {"completion_tokens_details": {"reasoning_tokens": 4}}
    running = model(chat("A", cost=0.0123, **details), chat("B", cost=0.0001), chat("C"))
    shown = terminal(running.url, columns=120)
    shown.submit("One?")
    shown.wait_for("m · first token ")
    shown.wait_for(" · 5 in, 7 out (4 reasoning) · $0.0123")
    shown.submit("Two?")
    shown.wait_for("$0.0001 · conversation $0.0124")
    shown.submit("Three?")
    shown.wait_for("price unknown · conversation $0.0124 and 1 answer of unknown price")
    shown.submit("/cost")
    shown.wait_for("3 answers · 15 tokens in, 21 out · $0.0124 and 1 answer of unknown price")


def test_markdown_is_rendered(model: Scripts, terminal: Terminals) -> None:
    text = "# Title\n\nSome **bold** and `code`.\n\n- item\n\n```python\ndef f(): return 1\n```\n\n[link](http://x.example)"
    shown = terminal(model(chat(*text)).url)
    shown.submit("Hi")
    shown.wait_for("link (http://x.example)")
    shown.wait_for("m · first")
    assert "Some bold and code." in shown.text()
    assert " • item" in shown.text()
    assert shown.styles("bold").bold
    assert not shown.styles("Some").bold
    assert shown.styles("Title").bold
    assert shown.styles("def").fg != shown.styles("f():").fg
    assert "Title\n\nSome bold" in shown.text()
    assert "#" not in shown.text()


def test_reasoning_is_shown_separately_and_not_sent_back(model: Scripts, terminal: Terminals) -> None:
    running = model(chat("Yes.", thoughts=("I think.\nI ", "am.")), chat("Again."))
    shown = terminal(running.url)
    shown.submit("Hi")
    shown.wait_for("│ I think.\n│ I am.\n\nYes.")
    assert shown.styles("I think").italics
    assert not shown.styles("Yes.").italics
    shown.submit("More")
    shown.wait_for("Again.")
    assert messages(running.bodies()[1]) == [("user", "Hi"), ("assistant", "Yes."), ("user", "More")]


def test_reasoning_can_be_hidden(model: Scripts, terminal: Terminals) -> None:
    shown = terminal(model(chat("Yes.", thoughts=("I think.",))).url, "--no-reasoning")
    shown.submit("Hi")
    shown.wait_for("m · first")
    assert "Yes." in shown.text()
    assert "I think" not in shown.text()


def test_messages_format(model: Scripts, terminal: Terminals) -> None:
    running = model(message("First.", thoughts=("Hm.",)), message("Second."), endpoint="messages")
    shown = terminal(running.url, "--format", "anthropic", "-s", "Be brief")
    shown.submit("One?")
    shown.wait_for("│ Hm.\n\nFirst.")
    shown.wait_for("5 in, 7 out")
    shown.submit("Two?")
    shown.wait_for("Second.")
    body = running.bodies()[1]
    assert body["system"] == "Be brief"
    # Blocks are sent back unchanged, except for thinking without a signature.
    assert messages(body) == [("user", "One?"), ("assistant", [{"type": "text", "text": "First."}]), ("user", "Two?")]


def test_ctrl_c_stops_the_answer_but_not_the_program(model: Scripts, terminal: Terminals) -> None:
    running = model(chat("Half an", end="stall"), chat("Whole."))
    shown = terminal(running.url)
    shown.submit("One?")
    shown.wait_for("Half an")
    shown.send("\x03")
    shown.wait_for("stopped; the text so far is kept")
    assert running.outcome() == "closed"
    shown.submit("Two?")
    shown.wait_for("Whole.")
    question, partial, again = messages(running.bodies()[1])
    assert (question, again) == (("user", "One?"), ("user", "Two?"))
    assert partial[1].startswith("Half an\n\n[")
    assert "cut off" in partial[1]


def test_ctrl_c_before_the_answer_keeps_the_conversation(model: Scripts, terminal: Terminals) -> None:
    running = model({"delay_ms": 60_000}, chat("Whole."))
    shown = terminal(running.url)
    shown.submit("One?")
    shown.wait_for("waiting")
    while not running.log():
        shown.read(0.02)
    shown.send("\x03")
    shown.wait_for("stopped; /retry sends the question again")
    assert running.outcome() == "closed"
    assert "waiting" not in shown.text()
    shown.submit("/retry")
    shown.wait_for("Whole.")
    assert messages(running.bodies()[1]) == [("user", "One?")]


def test_ctrl_c_at_the_prompt_shows_a_hint_or_clears_the_input(model: Scripts, terminal: Terminals) -> None:
    running = model(chat("Whole."))
    shown = terminal(running.url)
    shown.wait_for_prompt()
    shown.send("\x03")
    shown.wait_for("Ctrl-D or /quit ends the chat")
    shown.wait_for_prompt()
    shown.send("nonsense")
    shown.wait_for("> nonsense")
    shown.send("\x03")
    shown.submit("Two?")
    shown.wait_for("Whole.")
    assert messages(running.bodies()[0]) == [("user", "Two?")]
    shown.submit("/quit")
    assert shown.wait_for_exit() == 0


def test_conversation_continues_after_an_error(model: Scripts, terminal: Terminals) -> None:
    running = model(REJECTED, chat("Whole."), chat("More."))
    shown = terminal(running.url, MODELSLAB_API_KEY="secret-key")
    shown.submit("One?")
    shown.wait_for("error: ")
    shown.wait_for("AuthenticationError")
    shown.submit("/retry")
    shown.wait_for("Whole.")
    shown.submit("Two?")
    shown.wait_for("More.")
    assert messages(running.bodies()[2]) == [("user", "One?"), ("assistant", "Whole."), ("user", "Two?")]
    assert "secret-key" not in shown.text()
    assert b"\x1b]" not in shown.raw


def test_truncated_answer_is_kept(model: Scripts, terminal: Terminals) -> None:
    running = model(chat("Half **an", end="truncated"), chat("Whole."))
    shown = terminal(running.url)
    shown.submit("One?")
    shown.wait_for("IncompleteStreamError")
    shown.wait_for("the text so far is kept; /retry sends the question again")
    assert "Half **an" in shown.text()
    shown.submit("Two?")
    shown.wait_for("Whole.")
    assert messages(running.bodies()[1])[1][1].startswith("Half **an\n\n[")


def test_commands_change_the_conversation(model: Scripts, terminal: Terminals) -> None:
    running = model(*[chat(f"Answer {number}.") for number in range(6)])
    shown = terminal(running.url)
    for number, lines in enumerate(
        [["One?"], ["/system Be brief", "/model other", "Two?"], ["/undo", "Three?"], ["/retry"], ["/new", "Five?"]]
    ):
        for line in lines:
            shown.submit(line)
        shown.wait_for(f"Answer {number}.")
    role, one = ("system", "Be brief"), [("user", "One?"), ("assistant", "Answer 0.")]
    bodies = running.bodies()
    assert messages(bodies[1]) == [role, *one, ("user", "Two?")]
    assert messages(bodies[2]) == messages(bodies[3]) == [role, *one, ("user", "Three?")]
    assert messages(bodies[4]) == [role, ("user", "Five?")]
    assert [body["model"] for body in bodies] == ["m", *["other"] * 4]


def test_invalid_commands_are_reported(model: Scripts, terminal: Terminals) -> None:
    running = model(chat("Whole."))
    shown = terminal(running.url, columns=120)
    for line, reason in [
        ("/sav x", "did you mean /save?"),
        ("/retry", "no question to send again"),
        ("/undo", "nothing to undo"),
        ("/load /no/such/file", "No such file"),
        ("/save", "needs a file"),
        ("/copy", "no answer to copy"),
    ]:
        shown.submit(line)
        shown.wait_for(f"error: {'there is' if 'there' in reason else ''}")
        shown.wait_for(reason)
    shown.submit("/help")
    shown.wait_for("/retry")
    shown.submit(" /etc/passwd is what?")
    shown.wait_for("Whole.")
    assert messages(running.bodies()[0]) == [("user", " /etc/passwd is what?")]


def test_conversation_is_saved_and_loaded(model: Scripts, terminal: Terminals, tmp_path: Path) -> None:
    running = model(chat("Half", end="stall"), chat("Whole."), chat("Loaded."))
    path = tmp_path / "talk.json"
    shown = terminal(running.url, "-s", "Be brief")
    shown.submit("Oné?")
    shown.wait_for("Half")
    shown.send("\x03")
    shown.submit(f"/save {path}")
    shown.wait_for("saved 2 turns")
    saved = Conversation.from_json(path.read_text(encoding="utf-8"))
    assert (saved.model, saved.system) == ("m", "Be brief")
    assert [(turn.role, turn.text, turn.partial) for turn in saved.turns] == [
        ("user", "Oné?", None),
        ("assistant", "Half", "stopped"),
    ]
    shown.submit("Two?")
    shown.wait_for("Whole.")
    shown.submit("/save")
    shown.wait_for("saved 4 turns")
    other = terminal(running.url, "--load", str(path), columns=120)
    other.wait_for("loaded 4 turns")
    other.submit(f"/save {tmp_path / 'script0' / 'script.json'}")
    other.wait_for("exists; /save -f")
    other.submit("Three?")
    other.wait_for("Loaded.")
    sent = messages(running.bodies()[2])
    assert sent[0] == ("system", "Be brief")
    assert sent[3:] == [("user", "Two?"), ("assistant", "Whole."), ("user", "Three?")]


def test_invalid_conversation_files_are_rejected(model: Scripts, terminal: Terminals, tmp_path: Path) -> None:
    shown = terminal(model(chat("x")).url, columns=200)
    for number, (text, reason) in enumerate(
        [("{", "this is not a conversation"), ('{"a": 1}', "its type is not"), ('[{"content": "x"}]', "message 0")]
    ):
        path = tmp_path / f"{number}.json"
        path.write_text(text)
        shown.submit(f"/load {path}")
        shown.wait_for(reason)
    command = [*PROGRAM, "chat", "--load", str(tmp_path / "0.json")]
    ended = subprocess.run(
        command, env=environment(tmp_path), capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert ended.returncode == 2


def test_multi_line_messages(model: Scripts, terminal: Terminals) -> None:
    running = model(*[chat(f"Answer {number}.") for number in range(5)])
    shown = terminal(running.url)
    inputs = ["a\x1b\rb", "a\nb", "a\\\rb", '"""a\rb"""', "\x1b[200~a\r\nb\x1b[201~"]
    for number, keys in enumerate(inputs):
        shown.submit(keys)
        shown.wait_for(f"Answer {number}.")
    assert [messages(body)[-1][1] for body in running.bodies()] == ["a\nb"] * 5


def test_input_history_is_kept_between_chats(model: Scripts, terminal: Terminals, tmp_path: Path) -> None:
    running = model(chat("First."), chat("Second."))
    for answer, keys in [("First.", "My question"), ("Second.", "\x1b[A")]:
        shown = terminal(running.url)
        shown.submit(keys)
        shown.wait_for(answer)
        shown.wait_for_prompt()
        shown.send("\x04")
        assert shown.wait_for_exit() == 0
    assert [messages(body)[0][1] for body in running.bodies()] == ["My question"] * 2
    history = tmp_path / "state/trilogue/history"
    assert history.stat().st_mode & 0o077 == 0
    without_history = terminal(running.url, "--no-history")
    without_history.submit("A secret")
    without_history.wait_for("Second.")
    assert "A secret" not in history.read_text()


def test_first_question_on_the_command_line(model: Scripts, terminal: Terminals) -> None:
    running = model(chat("Whole."))
    shown = terminal(running.url, "Hello", "there")
    shown.wait_for("Whole.")
    assert messages(running.bodies()[0]) == [("user", "Hello there")]


def test_copy_command_uses_the_terminal_clipboard(model: Scripts, terminal: Terminals) -> None:
    shown = terminal(model(chat("Whole.")).url)
    shown.submit("Hi")
    shown.wait_for("Whole.")
    shown.submit("/copy")
    shown.wait_for("copied")
    assert b"\x1b]52;c;V2hvbGUu\x07" in shown.raw


def test_terminal_is_restored_after_sigterm(model: Scripts, terminal: Terminals) -> None:
    shown = terminal(model(chat("Half", end="stall")).url)
    shown.submit("Hi")
    shown.wait_for("Half")
    assert not shown.is_echoing()
    shown.process.send_signal(signal.SIGTERM)
    assert shown.wait_for_exit() == 128 + signal.SIGTERM
    assert shown.is_echoing()
    assert shown.raw.rfind(b"\x1b[?25h") > shown.raw.rfind(b"\x1b[?25l")


def test_piped_lines_are_messages(model: Scripts, tmp_path: Path) -> None:
    running = model(chat("**First.**", thoughts=("Hm.",)), chat("Second."), REJECTED)
    line = [*PROGRAM, "chat", "--base-url", running.url, "-m", "m"]
    piped = 'One?\n\n/system Be brief\n"""Two\nlines"""\n'
    ended = subprocess.run(
        line, input=piped, env=environment(tmp_path), capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert (ended.stdout, ended.returncode) == ("**First.**\nSecond.\n", 0)
    assert "\x1b" not in ended.stderr
    assert messages(running.bodies()[1])[1:] == [("user", "One?"), ("assistant", "**First.**"), ("user", "Two\nlines")]
    rejected = subprocess.run(
        line, input="Hi\n", env=environment(tmp_path), capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert (rejected.stdout, rejected.returncode) == ("", 1)


def test_plain_output_without_the_chat_extra(model: Scripts, terminal: Terminals) -> None:
    running = model(chat("**Bold.**", thoughts=("Hm.\nSo.\n",)), chat("Second."))
    without = (
        "import sys; sys.modules.update(rich=None, prompt_toolkit=None); from trilogue.__main__ import main; main()"
    )
    line = [PROGRAM[0], "-c", without, "chat", "--base-url", running.url, "-m", "m"]
    shown: Terminal = terminal.run(line)
    shown.wait_for("trilogue[chat]")
    shown.submit("One?")
    shown.wait_for("| Hm.\n| So.\n\n**Bold.**")
    shown.wait_for("(m · first token")
    shown.submit('"""Two\r?"""')
    shown.wait_for("Second.")
    assert messages(running.bodies()[1])[-1] == ("user", "Two\n?")
    shown.wait_for_prompt()
    shown.send("\x04")
    assert shown.wait_for_exit() == 0


def test_dumb_terminal_gets_plain_text(model: Scripts, terminal: Terminals) -> None:
    shown = terminal(model(chat("**Bold.**")).url, TERM="dumb")
    shown.submit("Hi")
    shown.wait_for("**Bold.**")
    shown.wait_for("(m · first token")
    shown.wait_for_prompt()
    os.write(shown.master, b"\x04")
    assert shown.wait_for_exit() == 0
    assert b"\x1b" not in shown.raw
