"""The tool runner with `beta_tool`."""

import json

from anthropic import Anthropic, beta_tool

client = Anthropic()


@beta_tool
def get_weather(location: str, units: str = "c") -> str:
    """Look up the weather for a location.

    Args:
        location: The city and state, e.g. San Francisco, CA
        units: Unit for the output

    """
    return json.dumps({"location": location, "temperature": 20, "units": units})


print(get_weather.name, get_weather.description)
print(get_weather("Rome"))
runner = client.beta.messages.tool_runner(
    max_tokens=1024,
    model="claude-opus-4-6",
    tools=[get_weather],
    thread=False,
    messages=[{"role": "user", "content": "What is the weather in SF?"}],
)
for message in runner:
    print(message.stop_reason, [block.type for block in message.content])

runner = client.beta.messages.tool_runner(
    max_tokens=1024,
    model="claude-opus-4-6",
    tools=[get_weather],
    thread=False,
    messages=[{"role": "user", "content": "SF?"}],
)
print(runner.until_done().content[0].text)
