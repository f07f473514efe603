"""Results made by hand, as tests of programs make them."""

from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessage
from openai.types.chat.chat_completion_chunk import Choice, ChoiceDelta, ChoiceDeltaToolCall

data = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
}
completion = ChatCompletion.model_validate(data)
print(completion.choices[0].message.content, completion.usage)
print(ChatCompletion.construct(**data).id, ChatCompletion(**data) == ChatCompletion.model_validate(data))
print(ChatCompletion.model_validate_json(completion.model_dump_json()).choices[0].finish_reason)
chunk = ChatCompletionChunk(
    id="c",
    created=1,
    model="m",
    object="chat.completion.chunk",
    choices=[Choice(index=0, delta=ChoiceDelta(content="x", tool_calls=[ChoiceDeltaToolCall(index=0)]))],
)
print(chunk.choices[0].delta.content, chunk.choices[0].delta.tool_calls[0].index, chunk.choices[0].finish_reason)
print(sorted(ChatCompletionMessage(role="assistant", content="x").model_dump(exclude_none=True)))
