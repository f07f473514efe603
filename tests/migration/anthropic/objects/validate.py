"""Messages made by hand, as tests of programs make them."""

from anthropic.types import Message, TextBlock, ToolUseBlock

message = Message(
    id="msg_1",
    type="message",
    role="assistant",
    model="m",
    content=[
        TextBlock(type="text", text="Hi"),
        ToolUseBlock(type="tool_use", id="t", name="f", input={"a": 1}),
    ],
    stop_reason="end_turn",
    stop_sequence=None,
    usage={"input_tokens": 1, "output_tokens": 2},
)
print(message.content[0].text, message.content[1].input["a"], message.usage.input_tokens)
again = Message.model_validate(message.model_dump())
print(isinstance(again.content[0], TextBlock), again.content[1].name, again.stop_reason)
print(Message.model_validate_json(message.model_dump_json()).content[1].input)
print([sorted(block) for block in message.model_dump(exclude_none=True, include={"content"})["content"]])
