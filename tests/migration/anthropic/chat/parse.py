"""A message as an instance of a pydantic model."""

import anthropic
import pydantic


class Order(pydantic.BaseModel):
    product_name: str
    price: float
    quantity: int


client = anthropic.Anthropic()
parsed_message = client.messages.parse(
    model="claude-sonnet-4-6",
    messages=[{"role": "user", "content": "Extract the product name, price, and quantity: 'Green tea, $5.50, two'"}],
    max_tokens=1024,
    output_format=Order,
)
print(parsed_message.parsed_output)
print(parsed_message.parsed_output.price * parsed_message.parsed_output.quantity, parsed_message.stop_reason)
