"""A tool that returns content blocks, and one that is loaded when it is found."""

import json
from typing import Any

from anthropic import Anthropic, beta_tool
from anthropic.types.beta import BetaToolReferenceBlockParam

client = Anthropic()


@beta_tool(defer_loading=True)
def get_weather(location: str) -> str:
    """Look up the weather.

    Args:
        location: The city and state, e.g. San Francisco, CA

    """
    return f"20 degrees in {location}"


def make_tool_searcher(tools: list[Any]) -> Any:
    @beta_tool
    def search_available_tools(*, keyword: str) -> Any:
        """Search for useful tools using a query string."""
        results: list[BetaToolReferenceBlockParam] = []
        for tool in tools:
            if keyword in json.dumps(tool.to_dict()):
                results.append({"type": "tool_reference", "tool_name": tool.name})
        return results

    return search_available_tools


runner = client.beta.messages.tool_runner(
    max_tokens=1024,
    model="claude-sonnet-5",
    tools=[get_weather, make_tool_searcher([get_weather])],
    messages=[{"role": "user", "content": "What is the weather in SF?"}],
    betas=["tool-search-tool-2025-10-19"],
    thread=False,
)
for message in runner:
    print([block.type for block in message.content], message.stop_reason)
