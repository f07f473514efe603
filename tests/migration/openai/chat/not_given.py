"""Optional arguments with `NOT_GIVEN`, `omit` and the classes of both."""

from openai import NOT_GIVEN, NotGiven, Omit, OpenAI, omit

client = OpenAI()


def ask(question: str, temperature: float | NotGiven = NOT_GIVEN, stop: list[str] | Omit = omit) -> str:
    completion = client.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": question}],
        temperature=temperature or NOT_GIVEN,
        stop=stop,
        tools=omit,
        response_format=NOT_GIVEN,
        timeout=NOT_GIVEN,
    )
    return completion.choices[0].message.content


print(ask("a"))
print(ask("b", temperature=0.5, stop=["\n"]))
print(bool(NOT_GIVEN), isinstance(NOT_GIVEN, NotGiven), isinstance(omit, Omit))
