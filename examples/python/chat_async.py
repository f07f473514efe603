"""A streamed chat with asyncio: prints tokens as they arrive.

The endpoint and the key come from `MODELSLAB_BASE_URL` and `MODELSLAB_API_KEY`. Arguments: the prompt.
"""

from __future__ import annotations

import asyncio
import sys

from report import Report
from trilogue import APIError, AsyncClient


async def main(prompt: str) -> int:
    """Request an answer, print it, and measure the times."""
    report = Report("Python async")
    try:
        async with AsyncClient() as client:
            stream = await client.chat.completions.create(
                model="openai-gpt-oss-120b",
                messages=[{"role": "user", "content": prompt}],
                max_tokens=60,
                stream=True,
                stream_options={"include_usage": True},
            )
            async for text in stream.text_stream:
                report.show(text)
    except APIError as error:
        print(f"\n{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    report.write(stream.current_completion_snapshot)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "Explain quantum computing in simple terms")))
