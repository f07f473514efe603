"""Daft's `prompt` over a column; rows that fail are to become nulls."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from job import Job, Result


def run(job: Job) -> Result:
    """Send all rows."""
    os.environ.update(DAFT_ANALYTICS_ENABLED="0", DO_NOT_TRACK="true")
    import daft
    from daft.ai.openai.provider import OpenAIProvider
    from daft.functions.ai import prompt

    provider = OpenAIProvider(name="openai", base_url=job.url, api_key="k")
    numbers = list(range(job.rows))
    frame = daft.from_pydict({"number": numbers, "text": [job.text(number) for number in numbers]})
    answer = prompt(
        daft.col("text"),
        provider=provider,
        model="m",
        use_chat_completions=True,
        max_retries=2,
        on_error="ignore",
    )
    try:
        result = frame.with_column("answer", answer).to_pydict()
    except Exception:
        # One row ends all of them.
        return {}, {}, 0.0
    answers = {
        number: text for number, text in zip(result["number"], result["answer"], strict=True) if text is not None
    }
    return answers, {}, 0.0
