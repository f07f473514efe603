"""A streamed message in Anthropic's format: prints text as it arrives, reasoning on standard error, then the usage.

The endpoint and the key come from `MODELSLAB_BASE_URL` and `MODELSLAB_API_KEY`. Arguments: the prompt.
"""

from __future__ import annotations

import sys

from trilogue import APIError, Client


def main(prompt: str) -> int:
    """Request an answer and print it."""
    client = Client()
    try:
        stream = client.messages.create(
            model="openai-gpt-oss-120b",
            messages=[{"role": "user", "content": prompt}],
            max_tokens=60,
            stream=True,
        )
        for event in stream:
            if event.type == "content_block_delta" and event.delta.type == "thinking_delta":
                print(event.delta.thinking, end="", flush=True, file=sys.stderr)
            print(event.text, end="", flush=True)
        usage = stream.get_final_message().usage
    except APIError as error:
        print(f"\n{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(f"\n{usage.input_tokens} tokens in, {usage.output_tokens} out")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "Explain quantum computing in simple terms"))
