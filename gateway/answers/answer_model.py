"""What all models of output are made of: the base model, and the kinds of its fields."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, PlainSerializer, WithJsonSchema
from pydantic_core import CoreSchema

from gateway import exact

Points = Annotated[
    Decimal,
    PlainSerializer(exact.text),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]*[1-9])?$", "examples": ["100", "-2.5"]}),
]
Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Details = Annotated[dict[str, Any], Field(description="The vendor's other documented fields, in snake_case.")]

T = TypeVar("T")
# A field that is left out of the JSON if it is None, instead of being null.
WhereItApplies = Annotated[T | None, Field(exclude_if=lambda value: value is None)]

Resolved = Annotated[
    str | None,
    Field(
        exclude_if=lambda value: value is None,
        description="The vendor's own name of the member, where it was looked up.",
        examples=["contact_id:4711"],
    ),
]


class AnswerModel(BaseModel):
    """Base model of all output: exactly the documented fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, serialize_by_alias=True)

    def to_json(self) -> bytes:
        """The body as JSON; decimals and JSON fragments keep all their digits."""
        return exact.dumps(self.model_dump())


@dataclass(frozen=True, slots=True)
class JsonOf:
    """Marks a field of plain JSON with the model that it is the JSON of, for the OpenAPI document."""

    model: type[BaseModel]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The field's own schema, with the model noted."""
        return {**handler(source), "metadata": {"json_of": self.model}}
