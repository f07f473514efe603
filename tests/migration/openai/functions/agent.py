"""A small agent: classes, type hints, tools by signature, a limit of steps."""

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from openai import OpenAI
from openai.types.chat import ChatCompletionMessage, ChatCompletionMessageParam

TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def function_to_schema(func: Callable[..., Any]) -> dict[str, Any]:
    signature = inspect.signature(func)
    return {
        "type": "function",
        "function": {
            "name": func.__name__,
            "description": (func.__doc__ or "").strip(),
            "parameters": {
                "type": "object",
                "properties": {
                    name: {"type": TYPES.get(parameter.annotation, "string")}
                    for name, parameter in signature.parameters.items()
                },
                "required": list(signature.parameters),
            },
        },
    }


@dataclass
class Agent:
    name: str
    instructions: str
    model: str = "gpt-4o-mini"
    tools: list[Callable[..., Any]] = field(default_factory=list)


def execute_refund(item_name: str, amount: int) -> str:
    """Refund an item."""
    return f"refunded {item_name}: {amount}"


def run_full_turn(client: OpenAI, agent: Agent, messages: list[ChatCompletionMessageParam]) -> list[Any]:
    start = len(messages)
    messages = messages.copy()
    for _ in range(5):
        tools = {tool.__name__: tool for tool in agent.tools}
        response = client.chat.completions.create(
            model=agent.model,
            messages=[{"role": "system", "content": agent.instructions}, *messages],
            tools=[function_to_schema(tool) for tool in agent.tools] or None,
        )
        message: ChatCompletionMessage = response.choices[0].message
        messages.append(message)
        if message.content:
            print(f"{agent.name}:", message.content)
        if not message.tool_calls:
            break
        for tool_call in message.tool_calls:
            arguments = json.loads(tool_call.function.arguments)
            result = tools[tool_call.function.name](**arguments)
            messages.append({"role": "tool", "tool_call_id": tool_call.id, "content": result})
    return messages[start:]


client = OpenAI()
agent = Agent("Support", "You are a support agent.", tools=[execute_refund])
for message in run_full_turn(client, agent, [{"role": "user", "content": "refund the boots"}]):
    print(message["role"] if isinstance(message, dict) else message.role)
