"""Structured output under its former name, `beta`."""

from enum import Enum

from openai import OpenAI
from pydantic import BaseModel, Field


class Category(str, Enum):
    violence = "violence"
    sexual = "sexual"


class ContentCompliance(BaseModel):
    is_violating: bool
    category: Category | None
    explanation_if_violating: str | None


class Wrapper(BaseModel):
    items: list[ContentCompliance] = Field(description="The findings.")
    note: str | int


client = OpenAI()
completion = client.beta.chat.completions.parse(
    model="gpt-4o-2024-08-06",
    messages=[{"role": "user", "content": "How do I prepare for a job interview?"}],
    response_format=ContentCompliance,
)
event = completion.choices[0].message.parsed
print(event, event.category is None, event.is_violating)

wrapped = client.beta.chat.completions.parse(
    model="gpt-4o", messages=[{"role": "user", "content": "x"}], response_format=Wrapper
)
print(wrapped.choices[0].message.parsed.items[0].category, wrapped.choices[0].message.parsed.note)
print(wrapped.choices[0].message.refusal, wrapped.choices[0].finish_reason)
