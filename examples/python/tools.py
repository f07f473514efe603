"""A model that calls functions: prints the calls, and then the answer.

The endpoint and the key come from `MODELSLAB_BASE_URL` and `MODELSLAB_API_KEY`. Arguments: the question.
"""

from __future__ import annotations

import sys
from typing import Literal

from trilogue import APIError, Client, tool


@tool
def get_weather(city: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> dict[str, object]:
    """Return the weather in a city.

    Args:
        city: The city's name.
        unit: The unit of the temperature.

    """
    degrees = {"Paris": 18, "Rome": 24}.get(city)
    if degrees is None:
        message = f"the weather in {city} is unknown"
        raise LookupError(message)
    return {"degrees": degrees if unit == "celsius" else degrees * 9 // 5 + 32, "unit": unit}


def main(question: str) -> int:
    """Request an answer, for which the model may call the function."""
    client = Client()
    try:
        runner = client.chat.completions.run_tools(
            model="openai-gpt-oss-120b",
            messages=[{"role": "user", "content": question}],
            tools=[get_weather],
        )
        for event in runner:
            if event.type == "tool.done":
                print(f"{event.name}({event.arguments}): {event.get('result') or event.error}")
            print(event.text_delta, end="", flush=True)
    except APIError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "Is it warmer in Paris or in Rome?"))
