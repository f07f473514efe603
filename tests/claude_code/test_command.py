"""The output, the files and the processes of `claude-code`.

The tests use real processes and files; shells evaluate the printed lines.
"""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from conftest import KEY, Program

URL = "https://modelslab.com/api/v7/llm"
MODEL = 'it\'s "m" $HOME `id` \\ é\n2'
ENVIRONMENT = {
    "ANTHROPIC_BASE_URL": URL,
    "ANTHROPIC_MODEL": MODEL,
    "ANTHROPIC_DEFAULT_OPUS_MODEL": MODEL,
    "ANTHROPIC_DEFAULT_SONNET_MODEL": MODEL,
    "ANTHROPIC_DEFAULT_HAIKU_MODEL": "small",
    "CLAUDE_CODE_SUBAGENT_MODEL": MODEL,
    "CLAUDE_CODE_ATTRIBUTION_HEADER": "0",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
}
HELPER = {"apiKeyHelper": "printenv MODELSLAB_API_KEY"}
NO_OTHERS = {"ANTHROPIC_API_KEY": "", "ANTHROPIC_AUTH_TOKEN": ""}


def parse_environment(text: str) -> dict[str, str]:
    """Return the environment that `env -0` printed, limited to the variables of Claude Code."""
    variables = dict(one.split("=", 1) for one in text.split("\0") if "=" in one)
    return {name: value for name, value in variables.items() if name.startswith(("ANTHROPIC_", "CLAUDE_CODE_"))}


def test_bash_evaluates_the_output(program: Program) -> None:
    printed = program("--model", MODEL, "--small-model", "small", MODELSLAB_API_KEY=KEY)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert KEY not in printed.stdout
    script = f"{printed.stdout}\nenv -0"
    ended = program.run(["bash", "-c", script], MODELSLAB_API_KEY=KEY, ANTHROPIC_API_KEY="of Anthropic")
    assert parse_environment(ended.stdout) == {**ENVIRONMENT, "ANTHROPIC_AUTH_TOKEN": KEY}


def test_the_key_is_printed_on_request(program: Program) -> None:
    printed = program("--with-key", "--auth", "x-api-key", "--key-variable", "MINE", MINE=KEY)
    others = {"ANTHROPIC_AUTH_TOKEN": "of Anthropic"}
    ended = program.run(["bash", "-c", f"{printed.stdout}\nenv -0"], **others)
    variables = parse_environment(ended.stdout)
    assert variables["ANTHROPIC_API_KEY"] == KEY
    assert "ANTHROPIC_AUTH_TOKEN" not in variables


@pytest.mark.parametrize(
    ("shell", "lines"),
    [
        (
            "fish",
            ["set -e ANTHROPIC_API_KEY", "set -gx ANTHROPIC_MODEL 'it\\'s \\\\ $x'", 'set -gx ANTHROPIC_AUTH_TOKEN "$MODELSLAB_API_KEY"'],
        ),
        (
            "powershell",
            ["Remove-Item -ErrorAction Ignore Env:ANTHROPIC_API_KEY", "$env:ANTHROPIC_MODEL = 'it''s \\ $x'", "$env:ANTHROPIC_AUTH_TOKEN = $env:MODELSLAB_API_KEY"],
        ),
    ],
)  # fmt: skip
def test_other_shells_have_their_own_syntax(program: Program, shell: str, lines: list[str]) -> None:
    printed = program("--shell", shell, "--model", "it's \\ $x", MODELSLAB_API_KEY=KEY)
    assert set(lines) <= set(printed.stdout.splitlines())


def test_a_missing_key_is_reported(program: Program) -> None:
    printed = program()
    assert printed.returncode == 0
    assert "MODELSLAB_API_KEY is not set" in printed.stderr
    for arguments in (["--with-key"], ["--exec"]):
        refused = program(*arguments)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "MODELSLAB_API_KEY is not set" in refused.stderr


def test_a_server_on_this_machine_needs_no_key(program: Program) -> None:
    printed = program("--base-url", "http://127.0.0.1:1/x/v1/", "--context", "4096")
    assert printed.stderr == ""
    lines = printed.stdout.splitlines()
    assert "export ANTHROPIC_BASE_URL=http://127.0.0.1:1/x" in lines
    assert "export ANTHROPIC_AUTH_TOKEN=none" in lines
    assert "export CLAUDE_CODE_MAX_CONTEXT_TOKENS=4096" in lines
    assert "export CLAUDE_CODE_MAX_OUTPUT_TOKENS=1024" in lines


@pytest.mark.parametrize(
    ("base_url", "variable"),
    [("https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"), ("https://api.openai.com/v1", "OPENAI_API_KEY")],
)
def test_a_key_of_the_environment_is_needed_by_its_host(program: Program, base_url: str, variable: str) -> None:
    given = ["--base-url", base_url]
    printed = program(*given, "--key-variable", variable, **{variable: KEY})
    assert (printed.returncode, printed.stderr) == (0, "")
    assert f'export ANTHROPIC_AUTH_TOKEN="${variable}"' in printed.stdout.splitlines()
    without = program(*given, **{variable: KEY})
    assert "MODELSLAB_API_KEY is not set" in without.stderr
    assert 'export ANTHROPIC_AUTH_TOKEN="$MODELSLAB_API_KEY"' in without.stdout.splitlines()


def test_the_catalogues_limits_of_a_model_are_set(program: Program) -> None:
    printed = program(MODELSLAB_API_KEY=KEY, MODELSLAB_MODEL="openai-gpt-oss-120b")
    assert "export CLAUDE_CODE_MAX_CONTEXT_TOKENS=131072" in printed.stdout.splitlines()


def test_claude_is_started_with_its_arguments(program: Program) -> None:
    given = ["--exec", "-m", MODEL, "--small-model", "small", "--", "-p", "a b", "--model", ""]
    ended = program(*given, MODELSLAB_API_KEY=KEY, ANTHROPIC_API_KEY="of Anthropic", CLAUDE_CODE_MAX_OUTPUT_TOKENS="9")
    assert (ended.returncode, ended.stderr) == (7, "")
    assert ended.stdout.startswith("-p\na b\n--model\n\n")
    more = {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": "9", "ANTHROPIC_AUTH_TOKEN": KEY}
    assert parse_environment(ended.stdout.split("\n\n", 1)[1]) == {**ENVIRONMENT, **more}


def test_a_missing_claude_is_reported(program: Program, tmp_path: Path) -> None:
    ended = program("--exec", PATH=str(tmp_path), MODELSLAB_API_KEY=KEY)
    assert ended.returncode == 1
    assert "npm install -g @anthropic-ai/claude-code" in ended.stderr


def test_settings_keep_existing_entries(program: Program) -> None:
    path = program.folder / ".claude/settings.json"
    path.parent.mkdir()
    there: dict[str, Any] = {
        "permissions": {"allow": ["Bash(ls:*)"]},
        "env": {"A": "é", "CLAUDE_CODE_MAX_CONTEXT_TOKENS": "5"},
    }
    path.write_text("\ufeff" + json.dumps(there), encoding="utf-8")
    path.chmod(0o640)
    for _ in range(2):
        ended = program("--settings", "--model", MODEL, "--small-model", "small")
        assert (ended.returncode, ended.stdout) == (0, "")
        settings = json.loads(path.read_text(encoding="utf-8"))
        assert settings == {**there, "env": {"A": "é", **NO_OTHERS, **ENVIRONMENT}, **HELPER}
        assert list(settings)[:2] == ["permissions", "env"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


def test_settings_contain_the_key_on_request(program: Program) -> None:
    given = ["--settings", "own.json", "--model", MODEL, "--small-model", "small"]
    assert program(*given).returncode == 0
    assert program(*given, "--with-key", MODELSLAB_API_KEY=KEY).returncode == 0
    path = program.folder / "own.json"
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "env": {**NO_OTHERS, **ENVIRONMENT, "ANTHROPIC_AUTH_TOKEN": KEY}
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_symbolic_link_to_settings_is_kept(program: Program) -> None:
    (program.folder / "real.json").write_text('{"a": 1}')
    link = program.folder / "link.json"
    link.symlink_to("real.json")
    assert program("--settings", "link.json").returncode == 0
    assert link.is_symlink()
    assert json.loads((program.folder / "real.json").read_text())["a"] == 1


@pytest.mark.parametrize(
    ("there", "says"),
    [
        ('{"env": {},} // mine', "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"env": 1}', "env is not an object"),
        ('{"env": {"ANTHROPIC_API_KEY": "k"}}', "its env has ANTHROPIC_API_KEY"),
        ('{"apiKeyHelper": "mine"}', "another apiKeyHelper, 'mine'"),
        ("\udcff", "can't be read"),
    ],
)
def test_invalid_settings_are_not_changed(program: Program, there: str, says: str) -> None:
    path = program.folder / "settings.json"
    path.write_bytes(there.encode("utf-8", "surrogateescape"))
    ended = program("--settings", "settings.json", MODELSLAB_API_KEY=KEY)
    assert ended.returncode == 1
    assert says in ended.stderr
    assert path.read_bytes() == there.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--", "-p", "x"], 2, "are for --exec"),
        (["--exec", "--settings"], 2, "not allowed with"),
        (["--exec", "--with-key"], 2, "never shows the key"),
        (["--key-variable", "sk-123"], 2, "not a key"),
        (["--context", "0"], 2, "not a number above 0"),
        (["--base-url", "example.com"], 1, 'did you mean "https://example.com"?'),
    ],
)
def test_impossible_requests_are_reported(program: Program, arguments: list[str], code: int, says: str) -> None:
    ended = program(*arguments, MODELSLAB_API_KEY=KEY)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert says in ended.stderr
