"""Events by their classes."""

from anthropic import Anthropic, InputJsonEvent, MessageStopEvent, TextEvent

client = Anthropic()
with client.messages.stream(
    model="claude-opus-4-6", max_tokens=64, messages=[{"role": "user", "content": "Hi"}]
) as stream:
    for event in stream:
        if isinstance(event, TextEvent):
            print("text", event.text)
        elif isinstance(event, InputJsonEvent):
            print("json", event.partial_json)
        elif event.type == "message_stop":
            print("stop", event.message.stop_reason, MessageStopEvent.__name__.endswith("MessageStopEvent"))
print(stream.current_message_snapshot.usage.output_tokens)
