"""A streamed answer of a pydantic type: the value as it grows, and `content.done` with the instance."""

from openai import OpenAI
from pydantic import BaseModel


class EntitiesModel(BaseModel):
    attributes: list[str]
    colors: list[str]


client = OpenAI()
with client.beta.chat.completions.stream(
    model="gpt-4o",
    messages=[{"role": "user", "content": "The quick brown fox"}],
    response_format=EntitiesModel,
) as stream:
    for event in stream:
        if event.type == "content.delta":
            if event.parsed is not None:
                print("content.delta parsed:", type(event.parsed).__name__)
        elif event.type == "content.done":
            print("content.done", event.parsed, isinstance(event.parsed, EntitiesModel))
        elif event.type == "error":
            print("Error in stream:", event.error)

final_completion = stream.get_final_completion()
print("Final completion:", final_completion.choices[0].message.parsed)
