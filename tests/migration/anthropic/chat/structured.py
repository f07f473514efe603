"""Structured output: `parse` and `stream` with a pydantic model, and a schema by hand."""

import json

import anthropic
from pydantic import BaseModel


class Order(BaseModel):
    product_name: str
    price: float
    quantity: int


client = anthropic.Anthropic()
ask = {"model": "claude-opus-4-6", "max_tokens": 1024, "messages": [{"role": "user", "content": "two green teas"}]}
parsed = client.messages.parse(**ask, output_format=Order)
print(parsed.parsed_output, parsed.parsed_output.quantity)
print(parsed.content[0].text)
with client.messages.stream(**ask, output_format=Order) as stream:
    for event in stream:
        if event.type == "text":
            print(event.text, event.snapshot, event.parsed_snapshot())
    final = stream.get_final_message()
print(final.parsed_output)
by_hand = client.messages.create(
    **ask,
    output_config={
        "format": {
            "type": "json_schema",
            "schema": {
                "type": "object",
                "properties": {"product_name": {"type": "string"}},
                "required": ["product_name"],
                "additionalProperties": False,
            },
        }
    },
)
print(json.loads(by_hand.content[0].text))
