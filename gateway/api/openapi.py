"""The OpenAPI 3.1 document, generated from the table of endpoints and their models."""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from openapi_pydantic import (
    Example,
    Header,
    Info,
    License,
    MediaType,
    OpenAPI,
    Operation,
    Parameter,
    PathItem,
    Reference,
    RequestBody,
    Response,
    Schema,
    SecurityScheme,
    Server,
    Tag,
)
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.answers import models as answers
from gateway.api import openapi_types as types
from gateway.api.documented import Documented
from gateway.api.examples import Examples
from gateway.api.explanations import explanations
from gateway.api.field_types import MemberField
from gateway.api.health import Health
from gateway.api.json_schema import Schemas, tidied, without_null
from gateway.api.openapi_about import HEALTH, PUBLIC, About
from gateway.errors import GatewayError, InvalidRequest, VendorError

_EXAMPLE = "#/components/examples/{name}"
_PROBLEM = "application/problem+json"
_JSON = "application/json"


def document(endpoints: Iterable[Documented], *, version: str, about: About = PUBLIC) -> dict[str, Any]:
    """The document as plain JSON values."""
    table = sorted(endpoints, key=lambda endpoint: endpoint.path)
    inputs = {endpoint.body for endpoint in table if endpoint.takes_body} | {endpoint.query for endpoint in table}
    outputs = {model for endpoint in table for model in endpoint.answers.values()} | {answers.Problem, Health}
    modes = [(model, "validation") for model in inputs] + [(model, "serialization") for model in outputs]
    modes.sort(key=lambda each: each[0].__name__)
    names, definitions = models_json_schema(modes, ref_template=types.REF, schema_generator=Schemas)  # type: ignore[arg-type]
    schemas: dict[str, Any] = definitions["$defs"]
    queries = {model: schemas[_name(names[model, "validation"])] for model in inputs if _is_query(model, table)}
    # A query is its parameters, and no schema of its own, unless it is the body of another operation.
    for model in queries.keys() - {endpoint.body for endpoint in table if endpoint.takes_body}:
        del schemas[_name(names[model, "validation"])]
    examples = Examples(about.examples)
    paths = {
        path: PathItem(**{each.method.lower(): _operation(each, queries, examples, about) for each in group})
        for path, group in groupby(table, key=lambda endpoint: endpoint.path)
    }
    if about.for_clients:
        paths |= {
            "/livez": _health("livez", "Whether the process lives", examples),
            "/readyz": _health("readyz", "Whether it can serve", examples),
        }
    result = OpenAPI(
        openapi="3.1.1",
        info=Info(
            title=about.title,
            version=version,
            description=about.description,
            license=License(name="MIT", identifier="MIT"),
        ),
        servers=[Server(url="/", description=about.server)],
        tags=[Tag(name=name, description=text) for name, text in dict(about.tags.values()).items()],
        paths=paths,
    ).model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
    explained = explanations()
    schemas |= types.outcomes() | types.problems(each.kind for each in explained.values())
    schemas["Problem"]["properties"]["code"] = {"$ref": types.REF.format(model=types.CODES)}
    # Schemas that nothing refers to, such as those of queries' parts, are left out.
    text = str(result) + str(schemas)
    result["components"] = {
        "schemas": {
            name: each for name, each in sorted(tidied(schemas).items()) if repr(types.REF.format(model=name)) in text
        },
        "examples": {
            types.problem_name(code): {"summary": each.kind.title, "value": each.example}
            for code, each in explained.items()
            if repr(_EXAMPLE.format(name=types.problem_name(code))) in text
        },
        "securitySchemes": {
            "key": SecurityScheme(type="http", scheme="bearer").model_dump(by_alias=True, exclude_none=True)
        },
    }
    return result


def _operation(
    endpoint: Documented, queries: Mapping[type[BaseModel], Any], examples: Examples, about: About
) -> Operation:
    body = None
    if endpoint.takes_body:
        shown = _examples(examples.bodies(endpoint.name))
        media_type = MediaType(schema=_reference(endpoint.body), examples=shown)
        body = RequestBody(content={_JSON: media_type}, required=True)
    return Operation(
        operationId=endpoint.name,
        tags=[about.tag(endpoint.path)],
        summary=endpoint.summary,
        description=f"Needs the scope `{endpoint.scope}`.",
        security=[{"key": []}],
        parameters=[
            *_path(endpoint, examples),
            *_headers(endpoint, for_clients=about.for_clients),
            *_query(queries[endpoint.query], endpoint.name, examples),
        ],
        requestBody=body,
        responses={
            **_answers(endpoint, examples, for_clients=about.for_clients),
            **_problems(endpoint.problems, to_clients=about.for_clients, replayed=endpoint.needs_key),
        },
    )


def _path(endpoint: Documented, examples: Examples) -> list[Parameter]:
    kinds: dict[str, Any] = {
        "id": {"type": "string", "pattern": "^adj_[0-9a-f]{32}$"},
        "tenant": {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$"},
        "member": MemberField.__metadata__[1].json_schema,  # type: ignore[attr-defined]  # of Annotated
    }
    return [
        _parameter(name, "path", kinds[name], required=True, example=examples.parameter(endpoint.name, name))
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]


def _headers(endpoint: Documented, *, for_clients: bool) -> list[Parameter]:
    text = {"type": "string"}
    headers = [
        ("X-Tenant", False, text, "The tenant, for a client that acts for several."),
        ("Request-Id", False, text, "Given back where it is 1 to 128 visible ASCII characters, else replaced."),
    ]
    if endpoint.needs_key:
        pattern = {"type": "string", "pattern": "^[!#-~][!-~]{0,254}$"}
        headers.append(("Idempotency-Key", True, pattern, "A new key for every adjustment; the same for its repeats."))
    return [
        _parameter(name, "header", schema, required=required, description=description)
        for name, required, schema, description in headers
        if for_clients or name != "X-Tenant"
    ]


def _query(schema: Mapping[str, Any], operation: str, examples: Examples) -> list[Parameter]:
    return [
        _parameter(
            name,
            "query",
            {keyword: value for keyword, value in without_null(each).items() if keyword != "title"},
            required=name in schema.get("required", ()),
            description=each.get("description"),
            example=examples.parameter(operation, name),
        )
        for name, each in schema.get("properties", {}).items()
    ]


def _parameter(
    name: str,
    place: str,
    schema: Mapping[str, Any],
    *,
    required: bool,
    description: str | None = None,
    example: object = None,
) -> Parameter:
    fields = {"name": name, "in": place, "required": required, "description": description, "schema": schema}
    return Parameter.model_validate(fields if example is None else {**fields, "example": example})


def _answers(endpoint: Documented, examples: Examples, *, for_clients: bool) -> dict[str, Response]:
    proposed = "Nothing has changed yet: another client or operator has to decide the same."
    perhaps = "Perhaps applied: look at `status`, and repeat with the same key."
    kinds = {200: "Done.", 201: "Applied.", 202: perhaps if endpoint.needs_key else proposed}
    headers = {**_request_id(), **(_quota() if for_clients else {})}
    if endpoint.needs_key:
        headers["Location"] = _header("Where the adjustment can be seen.")
        headers |= _replayed()
    waiting = {"Retry-After": _header("Seconds until the attempt is over, whatever becomes of it.")}
    return {
        str(status): Response(
            description=kinds[status],
            headers={**headers, **waiting} if status == 202 and endpoint.needs_key else headers,
            content={
                _JSON: MediaType(
                    schema=Schema.model_validate(types.answered(model, status)),
                    examples=_examples(examples.answers(endpoint.name, status)),
                )
            },
        )
        for status, model in endpoint.answers.items()
    }


def _problems(
    kinds: Iterable[type[GatewayError]], *, to_clients: bool = True, replayed: bool = False
) -> dict[str, Response]:
    """The problems by status; `to_clients` if a key is required, `replayed` if final ones are repeated."""
    responses = {}
    by_status = sorted(set(kinds), key=lambda kind: (kind.status, kind.code))
    for status, group in groupby(by_status, key=lambda kind: kind.status):
        each = list(group)
        headers = _request_id()
        if to_clients and status != 401:  # a 401 has no client, so no rate
            headers |= _quota()
        if replayed and any(issubclass(kind, VendorError) and not kind.retryable for kind in each):
            headers |= _replayed()
        if any(kind.retryable for kind in each):
            headers["Retry-After"] = _header("Seconds to wait before trying again.")
        if status == 401:
            headers["WWW-Authenticate"] = _header("`Bearer`.")
        shown = {
            kind.code: Reference.model_validate({"$ref": _EXAMPLE.format(name=types.problem_name(kind.code))})
            for kind in each
        }
        media_type = MediaType(schema=Schema.model_validate(types.problem(each)), examples=shown)
        responses[str(status)] = Response(
            description="; ".join(dict.fromkeys(f"`{kind.code}`: {kind.title}" for kind in each)),
            headers=headers,
            content={_PROBLEM: media_type},
        )
    return responses


def _examples(named: Mapping[str, Any]) -> dict[str, Example | Reference] | None:
    """Whole bodies as examples, by what they show."""
    return {name: Example(value=value) for name, value in named.items()} or None


def _request_id() -> dict[str, Header]:
    return {"Request-Id": _header("The request's id.")}


def _replayed() -> dict[str, Header]:
    return {"Idempotent-Replayed": _header("`true` where this repeats a kept answer.")}


def _quota() -> dict[str, Header]:
    return {
        "RateLimit-Policy": _header("For a client with a rate: the requests it may make (`q`) in `w` seconds."),
        "RateLimit": _header("For a client with a rate: the requests left (`r`) within the next `t` seconds."),
    }


def _health(name: str, summary: str, examples: Examples) -> PathItem:
    def answered(status: int, description: str) -> Response:
        media_type = MediaType(schema=_reference(Health), examples=_examples(examples.answers(f"get_{name}", status)))
        return Response(description=description, headers=_request_id(), content={_JSON: media_type})

    responses = {"200": answered(200, "Yes."), **_problems([InvalidRequest], to_clients=False)}
    parameters = []
    if name == "readyz":
        responses["503"] = answered(503, "No.")
        verbose = {"type": "string", "enum": ["", "true", "false"]}
        parameters.append(
            _parameter("verbose", "query", verbose, required=False, description="Adds how every vendor stands.")
        )
    operation = Operation(
        tags=[PUBLIC.tags[HEALTH][0]],
        operationId=f"get_{name}",
        summary=summary,
        parameters=parameters,
        responses=responses,
        security=[],
    )
    return PathItem(get=operation)


def _header(description: str) -> Header:
    return Header(description=description, param_schema=Schema.model_validate({"type": "string"}))


def _reference(model: type[BaseModel]) -> Reference:
    return Reference.model_validate({"$ref": types.REF.format(model=model.__name__)})


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[1]


def _is_query(model: type[BaseModel], table: Iterable[Documented]) -> bool:
    return any(endpoint.query is model for endpoint in table)
