"""A tool runner whose results the program reads, and its limit."""

import logging

from anthropic import Anthropic, beta_tool

logging.disable()

client = Anthropic()


@beta_tool(name="get_weather", description="The weather")
def weather(location: str) -> str:
    if location == "Atlantis":
        raise ValueError("no such place")
    return f"20 degrees in {location}"


runner = client.beta.messages.tool_runner(
    max_tokens=1024,
    model="claude-opus-4-6",
    tools=[weather],
    max_iterations=3,
    thread=False,
    messages=[{"role": "user", "content": "weather?"}],
)
for message in runner:
    print(message.stop_reason)
    response = runner.generate_tool_call_response()
    if response is not None:
        for result in response["content"]:
            print(result["tool_use_id"], result["type"], result.get("is_error"), len(str(result["content"])) > 5)
print(message.content[0].type)
