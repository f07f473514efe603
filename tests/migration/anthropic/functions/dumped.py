"""A tool loop whose messages are dumped."""

from anthropic import Anthropic

client = Anthropic()
tools = [{"name": "get_weather", "input_schema": {"type": "object", "properties": {}}}]
messages = [{"role": "user", "content": "weather?"}]
for dump in (lambda block: block.model_dump(exclude_none=True), lambda block: block.to_dict()):
    message = client.messages.create(model="claude-opus-4-6", max_tokens=64, messages=messages, tools=tools)
    messages.append({"role": "assistant", "content": [dump(block) for block in message.content]})
    messages.append(
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": block.id, "content": "20", "is_error": False}
                for block in message.content
                if block.type == "tool_use"
            ],
        }
    )
print(client.messages.create(model="claude-opus-4-6", max_tokens=64, messages=messages).content[0].text)
