"""Raw events by structural pattern matching, and their dumps."""

import json

from anthropic import Anthropic

client = Anthropic()
text = ""
with client.messages.create(
    model="claude-opus-4-6", max_tokens=64, messages=[{"role": "user", "content": "Hi"}], stream=True
) as stream:
    for event in stream:
        match event.type:
            case "content_block_start":
                print("start", event.index, event.content_block.type)
            case "content_block_delta":
                match event.delta.type:
                    case "text_delta":
                        text += event.delta.text
                    case "thinking_delta":
                        print("thinking", event.delta.thinking)
                    case "signature_delta":
                        print("signature", event.delta.signature)
            case "content_block_stop":
                print("stop", event.index)
            case "message_delta":
                print(json.dumps(event.model_dump(exclude_none=True)["delta"], sort_keys=True))
print(text)
