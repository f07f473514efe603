"""An answer as an instance of a pydantic model."""

from openai import OpenAI
from pydantic import BaseModel

client = OpenAI()


class Step(BaseModel):
    explanation: str
    output: str


class MathResponse(BaseModel):
    steps: list[Step]
    final_answer: str


completion = client.chat.completions.parse(
    model="gpt-4o",
    messages=[
        {"role": "system", "content": "You are a helpful math tutor."},
        {"role": "user", "content": "solve 8x + 31 = 2"},
    ],
    response_format=MathResponse,
)

message = completion.choices[0].message
if message.parsed:
    print(message.parsed.steps)
    print("answer: ", message.parsed.final_answer)
else:
    print(message.refusal)

refused = client.chat.completions.parse(
    model="gpt-4o", messages=[{"role": "user", "content": "something else"}], response_format=MathResponse
)
print(refused.choices[0].message.parsed, refused.choices[0].message.refusal)
