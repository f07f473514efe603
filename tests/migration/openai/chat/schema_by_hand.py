"""A `response_format` with a JSON Schema by hand, and by pydantic's `model_json_schema`."""

import json

from openai import OpenAI
from pydantic import BaseModel

client = OpenAI()
response = client.chat.completions.create(
    model="gpt-4o",
    messages=[{"role": "user", "content": "Jane, 54 years old"}],
    response_format={
        "type": "json_schema",
        "json_schema": {
            "name": "person",
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {"name": {"type": "string", "minLength": 1}, "age": {"type": "number", "minimum": 0}},
                "required": ["name", "age"],
                "additionalProperties": False,
            },
        },
    },
)
person = json.loads(response.choices[0].message.content)
print(person["name"], person["age"])


class Person(BaseModel):
    name: str
    age: int


response = client.chat.completions.create(
    model="gpt-4o",
    messages=[{"role": "user", "content": "Jane, 54 years old"}],
    response_format={"type": "json_schema", "json_schema": {"name": "person", "schema": Person.model_json_schema()}},
)
print(Person.model_validate_json(response.choices[0].message.content))
