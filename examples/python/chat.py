"""A streamed chat: prints tokens as they arrive.

The endpoint and the key come from `MODELSLAB_BASE_URL` and `MODELSLAB_API_KEY`. Arguments: the prompt.
"""

from __future__ import annotations

import sys

from report import Report
from trilogue import APIError, Client


def main(prompt: str) -> int:
    """Request an answer, print it, and measure the times."""
    client = Client()
    report = Report("Python")
    try:
        stream = client.chat.completions.create(
            model="openai-gpt-oss-120b",
            messages=[{"role": "user", "content": prompt}],
            max_tokens=60,
            stream=True,
            stream_options={"include_usage": True},
        )
        for chunk in stream:
            if chunk.text:
                report.show(chunk.text)
    except APIError as error:
        print(f"\n{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    report.write(stream.current_completion_snapshot)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "Explain quantum computing in simple terms"))
