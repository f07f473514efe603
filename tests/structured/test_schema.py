"""Types as JSON Schemas, and values as instances: of Python's own types, pydantic's and msgspec's.

Schemas are compared with literals, and a model is played by its answer. Libraries are tested only as far as this package uses them.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import subprocess
import sys
import uuid
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypedDict, TypeVar

import msgspec
import pydantic
import pytest
from conftest import ASK, chat_reply
from typing_extensions import NotRequired, Required

from scripted import Scripts
from trilogue import Client, InvalidOutputError
from trilogue._schema.derive import Problem
from trilogue._schema.shape import MisfitError, shape_of

T = TypeVar("T")


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Node:
    """A node of a tree.

    Attributes:
        name: What it is called.

    """

    name: str
    children: list[Node]
    color: Color = Color.RED
    """The colour."""
    size: Annotated[int, "How large it is."] = 0
    weight: float = dataclasses.field(default=1.0, metadata={"description": "How heavy it is."})


class Options(TypedDict, total=False):
    path: Required[str]
    depth: int


class Query(TypedDict):
    text: str
    limit: NotRequired[int]


class Point(NamedTuple):
    x: float
    y: float = 0.0


@dataclasses.dataclass
class Box(Generic[T]):
    item: T


@dataclasses.dataclass
class Even:
    number: int

    def __post_init__(self) -> None:
        if self.number % 2:
            message = "is odd"
            raise ValueError(message)


def test_the_schema_of_a_class() -> None:
    shape = shape_of(Node)
    root = {name: value for name, value in shape.schema.items() if name != "$defs"}
    assert shape.name == "Node"
    assert root == shape.schema["$defs"]["Node"]
    assert root == {
        "type": "object",
        "title": "Node",
        "description": "A node of a tree.",
        "properties": {
            "name": {"type": "string", "description": "What it is called."},
            "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            "color": {"type": "string", "enum": ["red", "blue"], "description": "The colour."},
            "size": {"type": "integer", "description": "How large it is."},
            "weight": {"type": "number", "description": "How heavy it is."},
        },
        "required": ["name", "children"],
        "additionalProperties": False,
    }


UUID = "12345678-1234-5678-1234-567812345678"


@pytest.mark.parametrize(
    ("of", "schema", "value", "wanted"),
    [
        (str, {"type": "string"}, "a", "a"),
        (int, {"type": "integer"}, 2.0, 2),
        (float, {"type": "number"}, 2, 2.0),
        (bool, {"type": "boolean"}, True, True),
        (None, {"type": "null"}, None, None),
        (Any, {}, {"a": 1}, {"a": 1}),
        (list[int], {"type": "array", "items": {"type": "integer"}}, [1], [1]),
        (set[str], {"type": "array", "items": {"type": "string"}}, ["a", "a"], {"a"}),
        (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}, [1, 2], (1, 2)),
        (
            tuple[int, int],
            {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "integer"}},
            [1, 2],
            (1, 2),
        ),
        (
            dict[str, list[int]],
            {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "integer"}}},
            {"a": [1]},
            {"a": [1]},
        ),
        (str | None, {"anyOf": [{"type": "string"}, {"type": "null"}]}, None, None),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}, "b", "b"),
        (Literal["a", 1], {"enum": ["a", 1]}, 1, 1),
        (Color, {"type": "string", "enum": ["red", "blue"]}, "blue", Color.BLUE),
        (datetime.date, {"type": "string", "format": "date"}, "2024-02-03", datetime.date(2024, 2, 3)),
        (
            datetime.datetime,
            {"type": "string", "format": "date-time"},
            "2024-02-03T04:05:06Z",
            datetime.datetime(2024, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc),
        ),
        (uuid.UUID, {"type": "string", "format": "uuid"}, UUID, uuid.UUID(UUID)),
        (
            decimal.Decimal,
            {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
            "1.10",
            decimal.Decimal("1.10"),
        ),
        (Annotated[str, "A name."], {"type": "string", "description": "A name."}, "a", "a"),
    ],
)
def test_plain_types(of: Any, schema: Any, value: Any, wanted: Any) -> None:
    shape = shape_of(of)
    assert (shape.schema, shape.name) == (schema, "Color" if of is Color else shape.name)
    made = shape.convert(value)
    assert (made, type(made)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("of", "value", "wanted"),
    [
        (Options, {"path": "/"}, {"path": "/"}),
        (Query, {"text": "a", "limit": 2}, {"text": "a", "limit": 2}),
        (Point, {"x": 1}, Point(1.0)),
        (Box[Point], {"item": {"x": 1, "y": 2}}, Box(Point(1.0, 2.0))),
        # Of two classes that both fit, the one that takes all members.
        (Point | Even | Query, {"text": "a"}, {"text": "a"}),
        (Box[int] | Point, {"x": 1, "item": 2, "y": 3}, Point(1.0, 3.0)),
    ],
)
def test_classes_of_fields(of: Any, value: Any, wanted: Any) -> None:
    made = shape_of(of).convert(value)
    assert (made, type(made)) == (wanted, type(wanted))


def _problems(of: Any, value: Any) -> list[Problem]:
    with pytest.raises(MisfitError) as caught:
        shape_of(of).convert(value)
    return caught.value.problems


def test_every_problem_has_its_path() -> None:
    value = {"name": 1, "children": [{"name": "a"}, 3], "color": "green"}
    assert _problems(Node, value) == [
        ("/name", "is a number (1), not a string"),
        ("/children/0/children", "is missing"),
        ("/children/1", "is a number (3), not an object"),
        ("/color", 'is a string ("green"), not one of "red", "blue"'),
    ]
    assert _problems(dict[str, int], {"a/b": True}) == [("/a~1b", "is a boolean (true), not an integer")]
    assert _problems(Even, {"number": 1}) == [("", "is odd")]
    assert _problems(Node | None, {"name": "a", "children": 1}) == [("/children", "is a number (1), not an array")]
    assert _problems(datetime.date, "tomorrow") == [("", 'is a string ("tomorrow"), not a date (YYYY-MM-DD)')]


def test_types_without_a_json_form_are_refused() -> None:
    for of in (complex, dict[int, str], list[bytes]):
        with pytest.raises(TypeError, match="JSON"):
            shape_of(of)

    @dataclasses.dataclass
    class Nested:
        outer: Nowhere  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(TypeError, match="Nowhere"):
        shape_of(Nested)


class Leaf(pydantic.BaseModel):
    """A leaf."""

    model_config = pydantic.ConfigDict(strict=True)
    day: datetime.date
    leaves: list[Leaf] = []


@dataclasses.dataclass
class Branch:
    leaf: Leaf


class Twig(msgspec.Struct):
    """A twig."""

    length: int
    twigs: list[Twig] = []


DAY = {"day": "2024-01-02"}


def test_types_of_libraries(scripts: Scripts) -> None:
    leaf = Leaf(day=datetime.date(2024, 1, 2))
    assert shape_of(Leaf).convert(DAY) == leaf
    assert shape_of(Branch).convert({"leaf": DAY}) == Branch(leaf)
    assert shape_of(list[Leaf] | None).convert([DAY]) == [leaf]
    assert shape_of(Leaf).schema["type"] == shape_of(Twig).schema["type"] == "object"
    assert str(shape_of(list[pydantic.HttpUrl]).convert(["http://a/"])[0]) == "http://a/"
    places = [path for path, _ in _problems(Leaf, {"day": "no", "leaves": [{}]})]
    assert places == ["/day", "/leaves/0/day"]
    answers = ['{"length": 1, "twigs": [{"length": 2, "twigs": null}]}', '{"length": "1", "twigs": [{"length": "2"}]}']
    chat = Client(base_url=scripts.chat(*map(chat_reply, answers)).url).chat.completions
    assert chat.parse(**ASK, response_format=Twig).parsed == Twig(1, [Twig(2)])
    with pytest.raises(InvalidOutputError) as caught:
        chat.parse(**ASK, response_format=Twig)
    assert [path for path, _ in caught.value.errors] == ["/length", "/twigs/0/length"]


def test_importing_the_package_imports_no_heavy_modules() -> None:
    script = (
        "import sys, trilogue\n"
        "heavy = {'pydantic', 'msgspec', 'asyncio', 'dataclasses', 'inspect', 'concurrent', 'threading'}\n"
        "heavy |= {'trilogue._schema', 'trilogue._structured', 'trilogue._tools'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert ended.stdout == "[]\n"
