"""`trilogue batch`: sends the rows of a file and writes their answers to a log.

Exit codes: 0 each row is answered; 1 an error; 2 rows have failed, or wrong usage; 3 the budget ended; 130 Ctrl-C.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from .arguments import positive_number
from .cost import money

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

    from .._generated.types import BatchSummary

    Commands = _SubParsersAction[ArgumentParser]

_EPILOG = """examples:
  {program} batch in.jsonl -o out.jsonl
  {program} batch in.jsonl -o out.jsonl --retry-failed --order
  {program} batch texts.jsonl -o out.jsonl --template "Summarize {{text}}" -m gpt-5-mini --budget 20

The same command again continues a run that ended early. Ctrl-C once finishes the rows in flight, twice stops.

exit codes: 0; 1 an error; 2 failed rows, or wrong usage; 3 the budget ended; 130 Ctrl-C
"""
#: Seconds between two lines of progress where there is no terminal.
_LINE_INTERVAL = 10.0


def add(commands: Commands, program: str) -> None:
    """Add the command."""
    from argparse import RawDescriptionHelpFormatter

    from .settings import default_model

    batch = commands.add_parser(
        "batch",
        help="send the rows of a file",
        description="Send the rows of a file of JSON lines, and write their answers to a log.",
        epilog=_EPILOG.format(program=program),
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    batch.add_argument("input", metavar="INPUT", help="JSON lines of OpenAI's or Anthropic's batches, or rows")
    batch.add_argument("-o", "--output", required=True, metavar="LOG", help="the log, with a line for each row")
    batch.add_argument("--retry-failed", action="store_true", help="send rows again that have failed")
    batch.add_argument("--order", action="store_true", help="give the log the order of the input at the end")
    batch.add_argument("--once", action="store_true", help="send equal rows without a custom_id once")
    batch.add_argument("--budget", metavar="DOLLARS", help="the most that all rows of the log may cost")
    batch.add_argument("--rpm", type=float, metavar="N", help="requests per minute (default: learned from the server)")
    batch.add_argument("--tpm", type=float, metavar="N", help="tokens per minute")
    batch.add_argument("--in-flight", type=positive_number, metavar="N", help="rows in flight (default: 128)")
    batch.add_argument("--sync", choices=("row", "1s", "none"), help="when lines are synced to the disk (default: 1s)")
    batch.add_argument(
        "--via",
        choices=("calls", "provider"),
        help="send each row by a call, or all in batches that the provider answers within a day, at half the price",
    )
    batch.add_argument("--template", metavar="TEXT", help="a message with columns of the rows: Summarize {text}")
    batch.add_argument("-m", "--model", metavar="MODEL", help=f"the model of the template (default: {default_model()})")
    batch.add_argument("--base-url", metavar="URL", help="the URL of the endpoint (default: ModelsLab's)")
    batch.add_argument("--key-variable", metavar="NAME", help="the environment variable of the key")
    batch.add_argument("--json", action="store_true", help="write the summary as JSON")


def run(arguments: Namespace, parser: ArgumentParser) -> int:
    """Run the command, and return the exit code."""
    from trilogue import APIError, Client

    from .._batch.files import run_file
    from .errors import line_of
    from .settings import default_model

    key = os.environ.get(arguments.key_variable) if arguments.key_variable else None
    if arguments.key_variable and not key:
        parser.error(f"--key-variable: {arguments.key_variable} is not set")
    if arguments.model and not arguments.template:
        parser.error("--model is the model of --template; other rows name theirs")
    display = _Progress()
    # The provider goes on with its batches, which the next run fetches.
    on_stop = None if arguments.via == "provider" else _announce_stop
    try:
        client = Client(api_key=key, base_url=arguments.base_url)
        options = {
            "template": arguments.template,
            "model": (arguments.model or default_model()) if arguments.template else None,
            "rpm": arguments.rpm,
            "tpm": arguments.tpm,
            "budget": arguments.budget,
            "in_flight": arguments.in_flight,
            "sync": arguments.sync,
            "equal_rows": "once" if arguments.once else "each",
            "via": arguments.via,
            "retry_failed": arguments.retry_failed,
            "order": arguments.order,
        }
        summary = run_file(client, arguments.input, arguments.output, display.update, options, on_stop)
    except APIError as error:
        display.end()
        print(f"error: {line_of(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        display.end()
        print(f"stopped; the same command continues with {arguments.output}", file=sys.stderr)
        return 130
    display.end()
    if arguments.json:
        print(json.dumps(summary.to_dict()))
    else:
        print("\n".join(_lines(summary)))
    if summary.end == "budget":
        return 3
    if summary.failed:
        return 2
    return 0 if summary.end == "complete" else 1


def _announce_stop() -> None:
    print("\nfinishing the rows in flight; Ctrl-C once more stops at once", file=sys.stderr, flush=True)


def _lines(summary: BatchSummary) -> list[str]:
    """Return a summary as a table."""
    rows: list[tuple[str, Any]] = [("rows", f"{summary.rows:,}"), ("answered", f"{summary.answered:,}")]
    optional = {
        "failed": summary.failed,
        "not sent": summary.open,
        "equal to others": summary.repeated,
        "from earlier runs": summary.resumed,
    }
    rows += [(name, f"{count:,}") for name, count in optional.items() if count]
    rows.append(("tokens", f"{summary.input_tokens:,} in, {summary.output_tokens:,} out"))
    rows.append(("cost", _cost(summary)))
    rows.append(("time", _time(summary.elapsed_ms / 1000)))
    if summary.end == "budget":
        rows.append(("ended by", "the budget; a higher one continues the run"))
    width = max(len(name) for name, _ in rows)
    return [f"{name:{width}}  {value}" for name, value in rows]


def _cost(summary: BatchSummary) -> str:
    if summary.unknown_costs and not summary.cost:
        return "price unknown"
    unknown = f" and {summary.unknown_costs:,} answers of unknown price" if summary.unknown_costs else ""
    return f"{money(summary.cost)}{unknown}"


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


class _Progress:
    """Shows the counts: in one line of a terminal, elsewhere as a line now and then."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._next_line = time.monotonic() + _LINE_INTERVAL
        self._is_shown = False

    def update(self, summary: BatchSummary) -> None:
        """Show the counts."""
        if not self._is_terminal:
            if time.monotonic() >= self._next_line:
                self._next_line += _LINE_INTERVAL
                print(_state(summary), file=sys.stderr, flush=True)
            return
        self._is_shown = True
        sys.stderr.write(f"\r{_state(summary)}\x1b[K")
        sys.stderr.flush()

    def end(self) -> None:
        """Remove the line from the terminal."""
        if self._is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _state(summary: BatchSummary) -> str:
    """Return the counts as one line."""
    done = summary.answered + summary.failed
    rate = (done - summary.resumed) * 1000 / summary.elapsed_ms if summary.elapsed_ms > 0 else 0.0
    tokens = summary.input_tokens + summary.output_tokens
    parts = [f"{done:,} of {summary.rows:,} rows", f"{rate:,.1f} rows/s"]
    if done:
        parts.append(f"{rate * tokens / done:,.0f} tokens/s")
    if summary.failed:
        parts.append(f"{summary.failed:,} failed")
    if summary.refused:
        parts.append(f"{summary.refused:,} refused")
    if summary.at_provider:
        parts.append(f"{summary.at_provider:,} at the provider")
    parts.append(_cost(summary))
    if rate > 0 and summary.open:
        left = _time(summary.open / rate)
        parts.append(f"{left} and {money(summary.cost / done * summary.open)} left" if summary.cost else f"{left} left")
    return " · ".join(parts)
