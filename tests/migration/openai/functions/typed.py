"""Types of the API in annotations, constructors and `isinstance`."""

import json
from collections.abc import Iterable

from openai import OpenAI
from openai.types import CompletionUsage
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionAssistantMessageParam,
    ChatCompletionMessage,
    ChatCompletionMessageParam,
    ChatCompletionMessageToolCall,
    ChatCompletionSystemMessageParam,
    ChatCompletionToolMessageParam,
    ChatCompletionToolParam,
    ChatCompletionUserMessageParam,
)
from openai.types.chat.chat_completion import Choice
from openai.types.chat.chat_completion_message_tool_call import Function
from openai.types.shared_params import FunctionDefinition

tools: Iterable[ChatCompletionToolParam] = [
    ChatCompletionToolParam(
        type="function",
        function=FunctionDefinition(name="get_weather", description="d", parameters={"type": "object"}),
    )
]
messages: list[ChatCompletionMessageParam] = [
    ChatCompletionSystemMessageParam(role="system", content="Be brief."),
    ChatCompletionUserMessageParam(role="user", content="Weather?"),
    ChatCompletionAssistantMessageParam(role="assistant", content="Where?"),
    {"role": "user", "content": "Paris"},
]

completion: ChatCompletion = OpenAI().chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
choice = completion.choices[0]
print(
    isinstance(completion, ChatCompletion),
    isinstance(choice, Choice),
    isinstance(choice.message, ChatCompletionMessage),
)
print(isinstance(completion.usage, CompletionUsage))
for call in choice.message.tool_calls or []:
    print(isinstance(call, ChatCompletionMessageToolCall), isinstance(call.function, Function), call.function.name)
    messages.append(ChatCompletionToolMessageParam(role="tool", tool_call_id=call.id, content=call.function.arguments))

built = ChatCompletion(
    id="1",
    object="chat.completion",
    created=1,
    model="m",
    choices=[
        Choice(
            index=0,
            finish_reason="stop",
            logprobs=None,
            message=ChatCompletionMessage(
                role="assistant",
                content="hi",
                tool_calls=[
                    ChatCompletionMessageToolCall(
                        id="c", type="function", function=Function(name="f", arguments=json.dumps({"a": 1}))
                    )
                ],
            ),
        )
    ],
    usage=CompletionUsage(prompt_tokens=1, completion_tokens=2, total_tokens=3),
)
print(built.choices[0].message.tool_calls[0].function.arguments, built.usage.total_tokens)
print(built.model_dump(exclude_unset=True)["choices"][0]["message"]["content"])
