"""JSON Schemas of the models for the OpenAPI document, with exact information about optional fields."""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema


class Schemas(GenerateJsonSchema):
    """In answers, a field with `exclude_if` is optional; if it is excluded when null, its schema has no null."""

    def model_field_schema(self, schema: core_schema.ModelField) -> JsonSchemaValue:
        """The schema of one field."""
        left_out = schema.get("serialization_exclude_if")
        described = super().model_field_schema(schema)
        never_null = self.mode == "serialization" and left_out is not None and left_out(None)
        return without_null(described) if never_null else described

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """The schema of a mapping; if it is marked by `JsonOf`, that of the model whose JSON it contains."""
        model = schema.get("metadata", {}).get("json_of")
        return super().dict_schema(schema) if model is None else self.generate_inner(model.__pydantic_core_schema__)


def without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without null as a possible value."""
    kinds = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    rest = {name: value for name, value in schema.items() if name != "anyOf" and (name, value) != ("default", None)}
    return {**(kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}), **rest}


def tidied(schemas: Mapping[str, dict[str, Any]]) -> Mapping[str, dict[str, Any]]:
    """The schemas without pydantic's generated titles, and without defaults of null."""
    for schema in schemas.values():
        for each in schema.get("properties", {}).values():
            each.pop("title", None)
            if each.get("default", ...) is None:
                del each["default"]
        schema.pop("title", None)
    return schemas
