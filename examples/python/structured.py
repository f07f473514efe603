"""An answer as an instance of a class: its items are printed while the answer streams, then the whole.

The endpoint and the key come from `MODELSLAB_BASE_URL` and `MODELSLAB_API_KEY`. Arguments: the dish.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from trilogue import APIError, Client


@dataclass
class Ingredient:
    """An ingredient of a dish."""

    name: str
    grams: int


@dataclass
class Recipe:
    """A recipe."""

    dish: str
    minutes: int
    ingredients: list[Ingredient]
    """The three most important ones."""


def main(dish: str) -> int:
    """Request a recipe and print it."""
    client = Client()
    try:
        with client.chat.completions.stream(
            model="openai-gpt-oss-120b",
            messages=[{"role": "user", "content": f"Give a recipe of {dish} with three ingredients, as JSON."}],
            max_tokens=400,
            temperature=0,
            frequency_penalty=1,
            response_format=Recipe,
        ) as stream:
            for ingredient in stream.elements("ingredients", Ingredient):
                print(f"- {ingredient.name}, {ingredient.grams} g", flush=True)
            recipe = stream.get_final_completion().parsed
    except APIError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    if recipe is not None:
        print(f"{recipe.dish}: {recipe.minutes} minutes, {len(recipe.ingredients)} ingredients")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "pancakes"))
