"""Tools with `stream()`: parsed arguments."""

import openai
from openai import OpenAI
from pydantic import BaseModel


class GetWeather(BaseModel):
    city: str


client = OpenAI()
with client.chat.completions.stream(
    model="gpt-4o",
    messages=[{"role": "user", "content": "Weather in Paris?"}],
    tools=[openai.pydantic_function_tool(GetWeather, name="get_weather")],
    parallel_tool_calls=True,
) as stream:
    for event in stream:
        if event.type == "tool_calls.function.arguments.done":
            print(event.name, event.parsed_arguments, isinstance(event.parsed_arguments, GetWeather))
message = stream.get_final_completion().choices[0].message
print(message.tool_calls[0].function.parsed_arguments)
