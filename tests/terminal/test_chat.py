"""`chat` in a terminal: what it shows and sends, and that it continues after errors.

The tests use a real pseudo-terminal, whose screen they read, and real sockets.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from conftest import LONG, PROGRAM, REFUSED, Terminal, Terminals, chat, environment, message

from scripted import Scripts
from trilogue import Conversation


def said(body: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the messages of a request."""
    return [(item["role"], item["content"]) for item in body["messages"]]


def test_a_conversation_over_several_turns(model: Scripts, terminal: Terminals) -> None:
    running = model(chat("The **first**."), chat("The second."))
    shown = terminal(running.url, "-s", "Be brief")
    shown.say("One?")
    shown.until("The first.")
    shown.say("Two?")
    shown.until("The second.")
    shown.prompt()
    shown.send("\x04")
    assert shown.end() == 0
    role = ("system", "Be brief")
    first = [role, ("user", "One?")]
    second = [*first, ("assistant", "The **first**."), ("user", "Two?")]
    assert [said(body) for body in running.bodies()] == [first, second]
    assert len({entry["connection"] for entry in running.log()}) == 1


def test_a_line_shows_tokens_and_cost(model: Scripts, terminal: Terminals) -> None:
    details = {"completion_tokens_details": {"reasoning_tokens": 4}}
    running = model(chat("A", cost=0.0123, **details), chat("B", cost=0.0001), chat("C"))
    shown = terminal(running.url, columns=120)
    shown.say("One?")
    shown.until("m · first token ")
    shown.until(" · 5 in, 7 out (4 reasoning) · $0.0123")
    shown.say("Two?")
    shown.until("$0.0001 · conversation $0.0124")
    shown.say("Three?")
    shown.until("price unknown · conversation $0.0124 and 1 answer of unknown price")
    shown.say("/cost")
    shown.until("3 answers · 15 tokens in, 21 out · $0.0124 and 1 answer of unknown price")


def test_markdown_is_shown_and_not_its_marks(model: Scripts, terminal: Terminals) -> None:
    text = "# Title\n\nSome **bold** and `code`.\n\n- item\n\n```python\ndef f(): return 1\n```\n\n[link](http://x.example)"
    shown = terminal(model(chat(*text)).url)
    shown.say("Hi")
    shown.until("link (http://x.example)")
    shown.until("m · first")
    assert "Some bold and code." in shown.text()
    assert " • item" in shown.text()
    assert shown.styles("bold").bold
    assert not shown.styles("Some").bold
    assert shown.styles("Title").bold
    assert shown.styles("def").fg != shown.styles("f():").fg
    assert "Title\n\nSome bold" in shown.text()
    assert "#" not in shown.text()


def test_thoughts_stand_apart_and_are_not_sent_back(model: Scripts, terminal: Terminals) -> None:
    running = model(chat("Yes.", thoughts=("I think.\nI ", "am.")), chat("Again."))
    shown = terminal(running.url)
    shown.say("Hi")
    shown.until("│ I think.\n│ I am.\n\nYes.")
    assert shown.styles("I think").italics
    assert not shown.styles("Yes.").italics
    shown.say("More")
    shown.until("Again.")
    assert said(running.bodies()[1]) == [("user", "Hi"), ("assistant", "Yes."), ("user", "More")]


def test_thoughts_can_be_hidden(model: Scripts, terminal: Terminals) -> None:
    shown = terminal(model(chat("Yes.", thoughts=("I think.",))).url, "--no-reasoning")
    shown.say("Hi")
    shown.until("m · first")
    assert "Yes." in shown.text()
    assert "I think" not in shown.text()


def test_messages_are_the_other_format(model: Scripts, terminal: Terminals) -> None:
    running = model(message("First.", thoughts=("Hm.",)), message("Second."), endpoint="messages")
    shown = terminal(running.url, "--format", "anthropic", "-s", "Be brief")
    shown.say("One?")
    shown.until("│ Hm.\n\nFirst.")
    shown.until("5 in, 7 out")
    shown.say("Two?")
    shown.until("Second.")
    body = running.bodies()[1]
    assert body["system"] == "Be brief"
    # Blocks are sent back unchanged, except thoughts without a signature.
    assert said(body) == [("user", "One?"), ("assistant", [{"type": "text", "text": "First."}]), ("user", "Two?")]


def test_ctrl_c_stops_the_answer_and_not_the_program(model: Scripts, terminal: Terminals) -> None:
    running = model(chat("Half an", end="stall"), chat("Whole."))
    shown = terminal(running.url)
    shown.say("One?")
    shown.until("Half an")
    shown.send("\x03")
    shown.until("stopped; the text so far is kept")
    assert running.outcome() == "closed"
    shown.say("Two?")
    shown.until("Whole.")
    question, partial, again = said(running.bodies()[1])
    assert (question, again) == (("user", "One?"), ("user", "Two?"))
    assert partial[1].startswith("Half an\n\n[")
    assert "cut off" in partial[1]


def test_ctrl_c_before_the_answer_leaves_the_conversation_as_it_was(model: Scripts, terminal: Terminals) -> None:
    running = model({"delay_ms": 60_000}, chat("Whole."))
    shown = terminal(running.url)
    shown.say("One?")
    shown.until("waiting")
    while not running.log():
        shown.pump(0.02)
    shown.send("\x03")
    shown.until("stopped; /retry asks again")
    assert running.outcome() == "closed"
    assert "waiting" not in shown.text()
    shown.say("/retry")
    shown.until("Whole.")
    assert said(running.bodies()[1]) == [("user", "One?")]


def test_ctrl_c_at_the_prompt_hints_or_clears(model: Scripts, terminal: Terminals) -> None:
    running = model(chat("Whole."))
    shown = terminal(running.url)
    shown.prompt()
    shown.send("\x03")
    shown.until("Ctrl-D or /quit ends the chat")
    shown.prompt()
    shown.send("nonsense")
    shown.until("> nonsense")
    shown.send("\x03")
    shown.say("Two?")
    shown.until("Whole.")
    assert said(running.bodies()[0]) == [("user", "Two?")]
    shown.say("/quit")
    assert shown.end() == 0


def test_an_error_is_shown_and_the_conversation_goes_on(model: Scripts, terminal: Terminals) -> None:
    running = model(REFUSED, chat("Whole."), chat("More."))
    shown = terminal(running.url, MODELSLAB_API_KEY="secret-key")
    shown.say("One?")
    shown.until("error: ")
    shown.until("AuthenticationError")
    shown.say("/retry")
    shown.until("Whole.")
    shown.say("Two?")
    shown.until("More.")
    assert said(running.bodies()[2]) == [("user", "One?"), ("assistant", "Whole."), ("user", "Two?")]
    assert "secret-key" not in shown.text()
    assert b"\x1b]" not in shown.raw


def test_of_a_cut_answer_what_came_is_kept(model: Scripts, terminal: Terminals) -> None:
    running = model(chat("Half **an", end="cut"), chat("Whole."))
    shown = terminal(running.url)
    shown.say("One?")
    shown.until("IncompleteStreamError")
    shown.until("the text so far is kept; /retry asks again")
    assert "Half **an" in shown.text()
    shown.say("Two?")
    shown.until("Whole.")
    assert said(running.bodies()[1])[1][1].startswith("Half **an\n\n[")


def test_commands_change_the_conversation(model: Scripts, terminal: Terminals) -> None:
    running = model(*[chat(f"Answer {number}.") for number in range(6)])
    shown = terminal(running.url)
    for number, lines in enumerate(
        [["One?"], ["/system Be brief", "/model other", "Two?"], ["/undo", "Three?"], ["/retry"], ["/new", "Five?"]]
    ):
        for line in lines:
            shown.say(line)
        shown.until(f"Answer {number}.")
    role, one = ("system", "Be brief"), [("user", "One?"), ("assistant", "Answer 0.")]
    bodies = running.bodies()
    assert said(bodies[1]) == [role, *one, ("user", "Two?")]
    assert said(bodies[2]) == said(bodies[3]) == [role, *one, ("user", "Three?")]
    assert said(bodies[4]) == [role, ("user", "Five?")]
    assert [body["model"] for body in bodies] == ["m", *["other"] * 4]


def test_wrong_commands_are_reported(model: Scripts, terminal: Terminals) -> None:
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
        shown.say(line)
        shown.until(f"error: {'there is' if 'there' in reason else ''}")
        shown.until(reason)
    shown.say("/help")
    shown.until("/retry")
    shown.say(" /etc/passwd is what?")
    shown.until("Whole.")
    assert said(running.bodies()[0]) == [("user", " /etc/passwd is what?")]


def test_a_conversation_is_saved_and_loaded(model: Scripts, terminal: Terminals, tmp_path: Path) -> None:
    running = model(chat("Half", end="stall"), chat("Whole."), chat("Loaded."))
    path = tmp_path / "talk.json"
    shown = terminal(running.url, "-s", "Be brief")
    shown.say("Oné?")
    shown.until("Half")
    shown.send("\x03")
    shown.say(f"/save {path}")
    shown.until("saved 2 turns")
    saved = Conversation.from_json(path.read_text(encoding="utf-8"))
    assert (saved.model, saved.system) == ("m", "Be brief")
    assert [(turn.role, turn.text, turn.partial) for turn in saved.turns] == [
        ("user", "Oné?", None),
        ("assistant", "Half", "stopped"),
    ]
    shown.say("Two?")
    shown.until("Whole.")
    shown.say("/save")
    shown.until("saved 4 turns")
    other = terminal(running.url, "--load", str(path), columns=120)
    other.until("loaded 4 turns")
    other.say(f"/save {tmp_path / 'script0' / 'script.json'}")
    other.until("exists; /save -f")
    other.say("Three?")
    other.until("Loaded.")
    sent = said(running.bodies()[2])
    assert sent[0] == ("system", "Be brief")
    assert sent[3:] == [("user", "Two?"), ("assistant", "Whole."), ("user", "Three?")]


def test_files_without_conversation_are_rejected(model: Scripts, terminal: Terminals, tmp_path: Path) -> None:
    shown = terminal(model(chat("x")).url, columns=200)
    for number, (text, reason) in enumerate(
        [("{", "this is no conversation"), ('{"a": 1}', "its type is not"), ('[{"content": "x"}]', "message 0")]
    ):
        path = tmp_path / f"{number}.json"
        path.write_text(text)
        shown.say(f"/load {path}")
        shown.until(reason)
    command = [*PROGRAM, "chat", "--load", str(tmp_path / "0.json")]
    ended = subprocess.run(
        command, env=environment(tmp_path), capture_output=True, text=True, timeout=LONG, check=False
    )
    assert ended.returncode == 2


def test_messages_of_several_lines(model: Scripts, terminal: Terminals) -> None:
    running = model(*[chat(f"Answer {number}.") for number in range(5)])
    shown = terminal(running.url)
    ways = ["a\x1b\rb", "a\nb", "a\\\rb", '"""a\rb"""', "\x1b[200~a\r\nb\x1b[201~"]
    for number, keys in enumerate(ways):
        shown.say(keys)
        shown.until(f"Answer {number}.")
    assert [said(body)[-1][1] for body in running.bodies()] == ["a\nb"] * 5


def test_the_history_is_kept_for_the_next_chat(model: Scripts, terminal: Terminals, tmp_path: Path) -> None:
    running = model(chat("First."), chat("Second."))
    for answer, keys in [("First.", "My question"), ("Second.", "\x1b[A")]:
        shown = terminal(running.url)
        shown.say(keys)
        shown.until(answer)
        shown.prompt()
        shown.send("\x04")
        assert shown.end() == 0
    assert [said(body)[0][1] for body in running.bodies()] == ["My question"] * 2
    history = tmp_path / "state/trilogue/history"
    assert history.stat().st_mode & 0o077 == 0
    unkept = terminal(running.url, "--no-history")
    unkept.say("A secret")
    unkept.until("Second.")
    assert "A secret" not in history.read_text()


def test_the_first_question_can_be_on_the_command_line(model: Scripts, terminal: Terminals) -> None:
    running = model(chat("Whole."))
    shown = terminal(running.url, "Hello", "there")
    shown.until("Whole.")
    assert said(running.bodies()[0]) == [("user", "Hello there")]


def test_copy_sends_the_answer_to_the_terminal(model: Scripts, terminal: Terminals) -> None:
    shown = terminal(model(chat("Whole.")).url)
    shown.say("Hi")
    shown.until("Whole.")
    shown.say("/copy")
    shown.until("copied")
    assert b"\x1b]52;c;V2hvbGUu\x07" in shown.raw


def test_a_terminated_program_restores_the_terminal(model: Scripts, terminal: Terminals) -> None:
    shown = terminal(model(chat("Half", end="stall")).url)
    shown.say("Hi")
    shown.until("Half")
    assert not shown.echoes()
    shown.process.send_signal(signal.SIGTERM)
    assert shown.end() == 128 + signal.SIGTERM
    assert shown.echoes()
    assert shown.raw.rfind(b"\x1b[?25h") > shown.raw.rfind(b"\x1b[?25l")


def test_lines_of_a_pipe_are_messages(model: Scripts, tmp_path: Path) -> None:
    running = model(chat("**First.**", thoughts=("Hm.",)), chat("Second."), REFUSED)
    line = [*PROGRAM, "chat", "--base-url", running.url, "-m", "m"]
    piped = 'One?\n\n/system Be brief\n"""Two\nlines"""\n'
    ended = subprocess.run(
        line, input=piped, env=environment(tmp_path), capture_output=True, text=True, timeout=LONG, check=False
    )
    assert (ended.stdout, ended.returncode) == ("**First.**\nSecond.\n", 0)
    assert "\x1b" not in ended.stderr
    assert said(running.bodies()[1])[1:] == [("user", "One?"), ("assistant", "**First.**"), ("user", "Two\nlines")]
    refused = subprocess.run(
        line, input="Hi\n", env=environment(tmp_path), capture_output=True, text=True, timeout=LONG, check=False
    )
    assert (refused.stdout, refused.returncode) == ("", 1)


def test_without_the_extra_the_output_is_plain_and_names_the_package(model: Scripts, terminal: Terminals) -> None:
    running = model(chat("**Bold.**", thoughts=("Hm.\nSo.\n",)), chat("Second."))
    without = (
        "import sys; sys.modules.update(rich=None, prompt_toolkit=None); from trilogue.__main__ import main; main()"
    )
    line = [PROGRAM[0], "-c", without, "chat", "--base-url", running.url, "-m", "m"]
    shown: Terminal = terminal.run(line)
    shown.until("trilogue[chat]")
    shown.say("One?")
    shown.until("| Hm.\n| So.\n\n**Bold.**")
    shown.until("(m · first token")
    shown.say('"""Two\r?"""')
    shown.until("Second.")
    assert said(running.bodies()[1])[-1] == ("user", "Two\n?")
    shown.prompt()
    shown.send("\x04")
    assert shown.end() == 0


def test_a_dumb_terminal_gets_plain_text(model: Scripts, terminal: Terminals) -> None:
    shown = terminal(model(chat("**Bold.**")).url, TERM="dumb")
    shown.say("Hi")
    shown.until("**Bold.**")
    shown.until("(m · first token")
    shown.prompt()
    os.write(shown.master, b"\x04")
    assert shown.end() == 0
    assert b"\x1b" not in shown.raw
