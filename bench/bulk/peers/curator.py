"""bespokelabs-curator with its cache."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from job import Job, Result


def run(job: Job) -> Result:
    """Send all rows."""
    started = time.perf_counter()
    os.environ.update(
        CURATOR_VIEWER="0",
        TELEMETRY_ENABLED="false",
        CURATOR_DISABLE_RICH_DISPLAY="1",
        HF_HUB_OFFLINE="1",
        CURATOR_CACHE_DIR=str(job.folder / "cache"),
        OPENAI_API_KEY="k",
    )
    import litellm

    # Its tokenizer is in the package, and would be downloaded otherwise.
    os.environ["TIKTOKEN_CACHE_DIR"] = f"{os.path.dirname(litellm.__file__)}/litellm_core_utils/tokenizers"
    from bespokelabs import curator

    class Answers(curator.LLM):
        return_completions_object = False

        def prompt(self, row: dict[str, Any]) -> str:
            text: str = row["text"]
            return text

        def parse(self, row: dict[str, Any], response: str) -> dict[str, Any]:
            return {"number": row["number"], "answer": response}

    limits = {
        "base_url": job.url,
        "api_key": "k",
        "max_requests_per_minute": 10_000_000,
        "max_tokens_per_minute": 10_000_000_000,
        "max_concurrent_requests": job.in_flight,
        "max_retries": 2,
        "require_all_responses": False,
        "seconds_to_pause_on_rate_limit": 1,
    }
    # It knows the prices and the tokenizer of this model.
    llm = Answers(
        model_name="gpt-4o-mini", backend="openai", backend_params=limits, generation_params={"max_tokens": 64}
    )
    start = time.perf_counter() - started
    result = llm([{"number": number, "text": job.text(number)} for number in range(job.rows)])
    rows = getattr(result, "dataset", result)
    answers = {row["number"]: row["answer"] for row in rows}
    errors = {}
    for path in (job.folder / "cache").glob("*/responses_*.jsonl"):
        with path.open() as file:
            for line in map(json.loads, file):
                if line.get("response_errors"):
                    errors[line["generic_request"]["original_row_idx"]] = str(line["response_errors"])
    return answers, errors, start
