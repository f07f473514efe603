"""A streamed message and its accumulated text."""

from anthropic import Anthropic

client = Anthropic()

with client.messages.stream(
    max_tokens=1024,
    messages=[{"role": "user", "content": "Say hello there!"}],
    model="claude-opus-4-6",
) as stream:
    for text in stream.text_stream:
        print(text, end="|", flush=True)
    print()

    # You can still get the accumulated final message outside of
    # the context manager, as long as the entire stream was consumed inside of it.
    accumulated = stream.get_final_message()
    print(stream.get_final_text())

print(accumulated.stop_reason, accumulated.usage.output_tokens, accumulated.content[0].text)
