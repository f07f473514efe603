"""A chat bot with several tools, as in the cookbook."""

import json

import anthropic

client = anthropic.Client()
tools = [
    {
        "name": "get_customer_info",
        "description": "Retrieves customer information",
        "input_schema": {
            "type": "object",
            "properties": {"customer_id": {"type": "string", "description": "The id."}},
            "required": ["customer_id"],
        },
    },
    {"name": "cancel_order", "input_schema": {"type": "object", "properties": {"order_id": {"type": "string"}}}},
]


def process_tool_call(tool_name: str, tool_input: dict) -> object:
    if tool_name == "get_customer_info":
        return {"name": "John", "id": tool_input["customer_id"]}
    return True


def chatbot_interaction(user_message: str) -> str | None:
    messages = [{"role": "user", "content": user_message}]
    response = client.messages.create(model="claude-opus-4-6", max_tokens=4096, tools=tools, messages=messages)
    while response.stop_reason == "tool_use":
        tool_use = next(block for block in response.content if block.type == "tool_use")
        tool_result = process_tool_call(tool_use.name, tool_use.input)
        print(f"{tool_use.name} {json.dumps(tool_use.input)} -> {tool_result}")
        messages = [
            *messages,
            {"role": "assistant", "content": response.content},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": tool_use.id, "content": str(tool_result)}],
            },
        ]
        response = client.messages.create(model="claude-opus-4-6", max_tokens=4096, tools=tools, messages=messages)
    return next((block.text for block in response.content if hasattr(block, "text")), None)


print(chatbot_interaction("Can you tell me my email? My customer ID is C1."))
