"""A model that calls functions: what it calls is printed, and at the end its answer.

The endpoint and the key come from `MODELSLAB_BASE_URL` and `MODELSLAB_API_KEY`. Arguments: the question.
"""

from __future__ import annotations

import sys
from typing import Literal

from trilogue import APIError, Client, tool


@tool
def get_weather(city: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> dict[str, object]:
    """Tell the weather in a city.

    Args:
        city: The city's name.
        unit: The unit of the temperature.

    """
    degrees = {"Paris": 18, "Rome": 24}.get(city)
    if degrees is None:
        message = f"nothing is known of {city}"
        raise LookupError(message)
    return {"degrees": degrees if unit == "celsius" else degrees * 9 // 5 + 32, "unit": unit}


def main(question: str) -> int:
    """Ask, and let the model call the function as often as it needs to."""
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
