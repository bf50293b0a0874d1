"""What the OpenAPI document says of answers is what the models that serve do, for every model and every field."""

import types
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from gateway.adjustments import Status
from gateway.answers import models as answers
from gateway.answers import readings
from gateway.answers.answer_model import AnswerModel
from gateway.api import schemas
from gateway.api.endpoints import Endpoints
from gateway.api.event_feed import EventFeed
from gateway.api.explanations import explanations
from gateway.api.list_query import ListQuery
from gateway.api.openapi import document
from gateway.port import registry

TEXT = st.text(st.characters(codec="utf-8"), max_size=10)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
POINTS = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12)
BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(0, 10**9),
    bool: st.booleans(),
    Decimal: POINTS,
    Any: JSON,
    types.NoneType: st.none(),
}


def models(base: type[AnswerModel] = AnswerModel) -> Iterator[type[AnswerModel]]:
    """Every model of an answer; a private one is a part of others, and never served by itself."""
    for model in base.__subclasses__():
        if not model.__name__.startswith("_"):
            yield model
        yield from models(model)


SERVED = (answers.__name__, readings.__name__)
MODELS = sorted({model for model in models() if model.__module__ in SERVED}, key=lambda model: model.__name__)


@cache
def described() -> dict[str, Any]:
    """The document, as of a gateway with every adapter that is installed."""
    body = schemas.adjustment_body(registry.adapters().values())
    own = Endpoints(None, body, clock=lambda: datetime.now(UTC)).table()  # type: ignore[arg-type]  # nothing is called
    table = (*own, *EventFeed(None, None).table())  # type: ignore[arg-type]  # as above
    return document(table, version="1")


@cache
def schema(model: type[AnswerModel]) -> dict[str, Any]:
    """A model's schema in the document; those of its fields are found from it."""
    return {**described()["components"]["schemas"][model.__name__], "components": described()["components"]}


@cache
def validator(model: type[AnswerModel]) -> Draft202012Validator:
    """What checks bodies of a model; one for all examples, as each finds its references in the whole document."""
    return Draft202012Validator(schema(model))


@cache
def may_be_null(model: type[AnswerModel], name: str) -> bool:
    """Whether the document lets a field be null, which it is named as in a body."""
    null = {**schema(model)["properties"][name], "components": described()["components"]}
    return Draft202012Validator(null).is_valid(None)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type as the models annotate it."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        described_by = [each.model for each in arguments[1:] if isinstance(each, answers.JsonOf)]
        return documents(described_by[0]) if described_by else values(arguments[0])
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values, arguments))
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is list:
        return st.lists(values(arguments[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(TEXT, values(arguments[1]), max_size=2)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return instances(kind)
    return st.sampled_from(kind) if isinstance(kind, type) and issubclass(kind, Enum) else BY_TYPE[kind]


@cache
def instances(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Instances of a model, every part that may be missing there or not."""
    hints = {name: Annotated[field.annotation, *field.metadata, None] for name, field in model.model_fields.items()}
    drawn = {name: values(hint) for name, hint in hints.items()}
    if model is answers.Problem:
        drawn["code"] = st.sampled_from(list(explanations()))
    return st.fixed_dictionaries(drawn).map(lambda found: model(**found))


@cache
def documents(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """The same as plain JSON, as the journal keeps them."""
    return instances(model).map(lambda instance: instance.model_dump())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@given(data=st.data())
def test_whatever_is_served_is_as_the_document_says(model: type[AnswerModel], data: st.DataObject) -> None:
    """Each body fits the schema of its model, with the parts that may be missing there, null or left out."""
    body = orjson.loads(data.draw(instances(model)).to_json())
    validator(model).validate(body)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@settings(max_examples=20)  # of what stands beside one field
@given(data=st.data())
def test_fields_are_optional_or_null_where_they_are_so(model: type[AnswerModel], data: st.DataObject) -> None:
    """The document says that a field may be missing, or null, exactly where a body without a value has it so."""
    instance = data.draw(instances(model))
    for name, field in model.model_fields.items():
        shown = field.serialization_alias or name
        nothing = type(None) in _alternatives(field.annotation)
        body = orjson.loads(instance.model_copy(update={name: None}).to_json()) if nothing else {shown: ...}
        assert (shown in schema(model).get("required", ())) == (shown in body), name
        assert may_be_null(model, shown) == (body.get(shown, ...) is None), name


def _alternatives(kind: Any) -> tuple[Any, ...]:
    if kind is Any:
        return (type(None),)
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def test_every_model_of_an_answer_is_described() -> None:
    """The document leaves no model out, and names no field that is not served."""
    components = described()["components"]["schemas"]
    assert {model.__name__ for model in MODELS} <= components.keys()
    for model in MODELS:
        shown = {field.serialization_alias or name for name, field in model.model_fields.items()}
        assert set(components[model.__name__]["properties"]) == shown


def test_enumerations_are_those_of_the_code() -> None:
    """A status that can be asked for is one that can be answered, and the other way round."""
    (status,) = (each for each in get_args(ListQuery.model_fields["status"].annotation) if get_args(each))
    assert set(get_args(status)) == {each.value for each in Status}
    assert described()["components"]["schemas"]["Status"]["enum"] == [each.value for each in Status]


def test_a_problem_is_described_once() -> None:
    """However many classes share a code: `limit_exceeded` is of today or of any day."""
    for path in described()["paths"].values():
        for operation in path.values():
            for response in operation["responses"].values():
                parts = response["description"].split("; ")
                assert len(parts) == len(set(parts))


def test_examples_are_what_they_are_examples_of() -> None:
    """Each whole request and answer in the document fits its schema, and each parameter's example its own."""
    components = described()["components"]
    found = 0
    for path in described()["paths"].values():
        for operation in path.values():
            for parameter in (each for each in operation["parameters"] if "example" in each):
                Draft202012Validator({**parameter["schema"], "components": components}).validate(parameter["example"])
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for media_type in (each for body in bodies for each in body.get("content", {}).values()):
                checked = Draft202012Validator({**media_type["schema"], "components": components})
                for example in media_type.get("examples", {}).values():
                    shown = components["examples"][example["$ref"].rsplit("/", 1)[1]] if "$ref" in example else example
                    checked.validate(shown["value"])
                    found += 1
    assert found > 100


def test_outcomes_and_problems_are_types_of_their_own() -> None:
    """201 and 202 are different types by `status`, and each problem of an operation is one by `code`."""
    adjust = described()["paths"]["/v1/adjustments"]["post"]["responses"]
    assert adjust["201"]["content"]["application/json"]["schema"]["$ref"].endswith("/SucceededAdjustment")
    perhaps = adjust["202"]["content"]["application/json"]["schema"]
    assert set(perhaps["discriminator"]["mapping"]) == {"accepted", "unknown"}
    conflict = adjust["409"]["content"]["application/problem+json"]["schema"]
    assert set(conflict["discriminator"]["mapping"]) == {"idempotency_in_progress", "member_ambiguous"}
    codes = described()["components"]["schemas"]["ProblemCode"]["enum"]
    assert codes == sorted(explanations())
