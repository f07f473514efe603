"""`pydantic_function_tool` with `parse`."""

from enum import Enum

import openai
from openai import OpenAI
from pydantic import BaseModel


class Table(str, Enum):
    orders = "orders"
    customers = "customers"


class Condition(BaseModel):
    column: str
    value: str | int


class Query(BaseModel):
    table_name: Table
    columns: list[str]
    conditions: list[Condition]


client = OpenAI()
completion = client.chat.completions.parse(
    model="gpt-4o-2024-08-06",
    messages=[{"role": "user", "content": "look up all my orders"}],
    tools=[openai.pydantic_function_tool(Query, description="Query the database")],
)
call = (completion.choices[0].message.tool_calls or [])[0]
assert isinstance(call.function.parsed_arguments, Query)
print(call.function.name, call.function.parsed_arguments)
print(call.function.parsed_arguments.table_name, completion.choices[0].message.parsed)
