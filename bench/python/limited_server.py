"""Runs the server with a limit of `tests/lifecycle/limited.py`, and reports how much of its limit was used.

    python limited_server.py KIND SIZE RATE DELAY RETRY_AFTER ANNOUNCES CERTIFICATE

Prints its URL, and when its standard input ends a line of JSON. Writes a certificate for a proxy in front of it into the file CERTIFICATE, if it is
given. Invariant: it starts with a full bucket, or at the start of a window.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "tests/lifecycle"))

from limited import Limit, LimitedServer


class FreshLimit(Limit):
    """A limit whose windows begin with the first request."""

    first: float | None = None

    def request(self, now: float) -> tuple[float | None, float, float]:
        """Count a request."""
        if self.first is None:
            self.first = now
        return super().request(now - self.first)


def figures(server: LimitedServer) -> dict[str, float]:
    """Return the requests, those that were refused, and the seconds in which the others arrived."""
    granted = [at for at, (_, status) in zip(server.times, server.log, strict=True) if status == 200]
    return {
        "requests": len(server.log),
        "refused": server.refused,
        "granted": len(granted),
        "seconds": granted[-1] - server.times[0] if granted else 0.0,
    }


def write_certificate(path: str) -> None:
    """Write a certificate for 127.0.0.1 and its key."""
    import trustme

    trustme.CA().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(path)


def main() -> None:
    """Serve until the standard input ends."""
    kind, size, rate, delay, retry_after, announces, certificate = sys.argv[1:]
    if certificate:
        write_certificate(certificate)
    limit = FreshLimit(float(rate), kind, float(size))
    server = LimitedServer(limit, delay=float(delay), retry_after=retry_after, announces=announces)
    print(server.url, flush=True)
    sys.stdin.read()
    server.close()
    print(json.dumps(figures(server)), flush=True)


if __name__ == "__main__":
    main()
