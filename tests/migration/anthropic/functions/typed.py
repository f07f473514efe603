"""Types of the API in annotations and `isinstance`."""

from anthropic import Anthropic
from anthropic.types import Message, MessageParam, TextBlock, ToolParam, ToolResultBlockParam, ToolUseBlock

client = Anthropic()
user_message: MessageParam = {"role": "user", "content": "What is the weather in SF?"}
tools: list[ToolParam] = [
    {
        "name": "get_weather",
        "description": "Get the weather for a specific location",
        "input_schema": {"type": "object", "properties": {"location": {"type": "string"}}},
    }
]
message: Message = client.messages.create(
    model="claude-opus-4-6", max_tokens=1024, messages=[user_message], tools=tools
)
print(f"Initial response: {message.stop_reason}")
assert message.stop_reason == "tool_use"
tool = next(c for c in message.content if isinstance(c, ToolUseBlock))
result: ToolResultBlockParam = {
    "type": "tool_result",
    "tool_use_id": tool.id,
    "content": [{"type": "text", "text": "The weather is 73f"}],
}
response = client.messages.create(
    model="claude-opus-4-6",
    max_tokens=1024,
    messages=[user_message, {"role": message.role, "content": message.content}, {"role": "user", "content": [result]}],
    tools=tools,
    tool_choice={"type": "auto", "disable_parallel_tool_use": True},
)
print([isinstance(block, TextBlock) for block in response.content], tool.input["location"], tool.caller)
