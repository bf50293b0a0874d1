"""The OpenAPI 3.1 document, generated from the table of endpoints and their models."""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from openapi_pydantic import (
    Header,
    Info,
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
)
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.answers import models as answers
from gateway.api.edge import AnyEndpoint
from gateway.api.field_types import MemberField
from gateway.api.health import Health
from gateway.api.json_schema import Schemas, tidied, without_null
from gateway.errors import GatewayError, InvalidRequest, VendorError

_REF = "#/components/schemas/{model}"
_PROBLEM = "application/problem+json"
_JSON = "application/json"


def document(endpoints: Iterable[AnyEndpoint], *, version: str) -> dict[str, Any]:
    """The document as plain JSON values."""
    table = sorted(endpoints, key=lambda endpoint: endpoint.path)
    inputs = {endpoint.body for endpoint in table if endpoint.takes_body} | {endpoint.query for endpoint in table}
    outputs = {model for endpoint in table for model in endpoint.answers.values()} | {answers.Problem, Health}
    modes = [(model, "validation") for model in inputs] + [(model, "serialization") for model in outputs]
    modes.sort(key=lambda each: each[0].__name__)
    names, definitions = models_json_schema(modes, ref_template=_REF, schema_generator=Schemas)  # type: ignore[arg-type]
    schemas: dict[str, Any] = definitions["$defs"]
    queries = {model: schemas.pop(_name(names[model, "validation"])) for model in inputs if _is_query(model, table)}
    paths = {
        path: PathItem(**{each.method.lower(): _operation(each, queries) for each in group})
        for path, group in groupby(table, key=lambda endpoint: endpoint.path)
    }
    paths |= {
        "/livez": _health("livez", "Whether the process lives"),
        "/readyz": _health("readyz", "Whether it can serve"),
    }
    result = OpenAPI(
        openapi="3.1.1",
        info=Info(
            title="Points gateway",
            version=version,
            description="One points API in front of several loyalty vendors. Repeat a POST with the same "
            "Idempotency-Key and body until the answer is 201, or a problem with `new_key_allowed: true`: that is safe "
            "whatever came back, or nothing at all.",
        ),
        paths=paths,
    ).model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
    # Schemas that nothing refers to, such as those of queries' parts, are left out.
    text = str(result) + str(schemas)
    result["components"] = {
        "schemas": {name: each for name, each in sorted(tidied(schemas).items()) if _REF.format(model=name) in text},
        "securitySchemes": {
            "key": SecurityScheme(type="http", scheme="bearer").model_dump(by_alias=True, exclude_none=True)
        },
    }
    return result


def _operation(endpoint: AnyEndpoint, queries: Mapping[type[BaseModel], Any]) -> Operation:
    body = None
    if endpoint.takes_body:
        body = RequestBody(content={_JSON: MediaType(schema=_reference(endpoint.body))}, required=True)
    return Operation(
        operationId=endpoint.name,
        summary=endpoint.summary,
        description=f"Needs the scope `{endpoint.scope}`.",
        security=[{"key": []}],
        parameters=[*_path(endpoint), *_headers(endpoint), *_query(queries[endpoint.query])],
        requestBody=body,
        responses={**_answers(endpoint), **_problems(endpoint.problems, replayed=endpoint.needs_key)},
    )


def _path(endpoint: AnyEndpoint) -> list[Parameter]:
    kinds: dict[str, Any] = {
        "id": {"type": "string", "pattern": "^adj_[0-9a-f]{32}$"},
        "member": MemberField.__metadata__[1].json_schema,  # type: ignore[attr-defined]  # of Annotated
    }
    return [_parameter(name, "path", kinds[name], required=True) for name in re.findall(r"{(\w+)}", endpoint.path)]


def _headers(endpoint: AnyEndpoint) -> list[Parameter]:
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
    ]


def _query(schema: Mapping[str, Any]) -> list[Parameter]:
    return [
        _parameter(
            name,
            "query",
            {keyword: value for keyword, value in without_null(each).items() if keyword != "title"},
            required=name in schema.get("required", ()),
            description=each.get("description"),
        )
        for name, each in schema.get("properties", {}).items()
    ]


def _parameter(
    name: str, place: str, schema: Mapping[str, Any], *, required: bool, description: str | None = None
) -> Parameter:
    fields = {"name": name, "in": place, "required": required, "description": description, "schema": schema}
    return Parameter.model_validate(fields)


def _answers(endpoint: AnyEndpoint) -> dict[str, Response]:
    kinds = {200: "Done.", 201: "Applied.", 202: "Perhaps applied: look at `status`, and repeat with the same key."}
    headers = {**_request_id(), **_quota()}
    if endpoint.needs_key:
        headers["Location"] = _header("Where the adjustment can be seen.")
        headers |= _replayed()
    waiting = {"Retry-After": _header("Seconds until the attempt is over, whatever becomes of it.")}
    return {
        str(status): Response(
            description=kinds[status],
            headers={**headers, **waiting} if status == 202 else headers,
            content={_JSON: MediaType(schema=_reference(model))},
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
        schema = Schema.model_validate(
            {
                "allOf": [
                    {"$ref": _REF.format(model="Problem")},
                    {"properties": {"code": {"enum": list(dict.fromkeys(k.code for k in each))}}},
                ]
            }
        )
        responses[str(status)] = Response(
            description="; ".join(dict.fromkeys(f"`{kind.code}`: {kind.title}" for kind in each)),
            headers=headers,
            content={_PROBLEM: MediaType(schema=schema)},
        )
    return responses


def _request_id() -> dict[str, Header]:
    return {"Request-Id": _header("The request's id.")}


def _replayed() -> dict[str, Header]:
    return {"Idempotent-Replayed": _header("`true` where this repeats a kept answer.")}


def _quota() -> dict[str, Header]:
    return {
        "RateLimit-Policy": _header("For a client with a rate: the requests it may make (`q`) in `w` seconds."),
        "RateLimit": _header("For a client with a rate: the requests left (`r`) within the next `t` seconds."),
    }


def _health(name: str, summary: str) -> PathItem:
    content = {_JSON: MediaType(schema=_reference(Health))}
    responses = {"200": Response(description="Yes.", headers=_request_id(), content=content)}
    parameters = []
    if name == "readyz":
        responses["503"] = Response(description="No.", headers=_request_id(), content=content)
        responses |= _problems([InvalidRequest], to_clients=False)
        verbose = {"type": "string", "enum": ["", "true", "false"]}
        parameters.append(
            _parameter("verbose", "query", verbose, required=False, description="Adds how every vendor stands.")
        )
    operation = Operation(
        operationId=f"get_{name}", summary=summary, parameters=parameters, responses=responses, security=[]
    )
    return PathItem(get=operation)


def _header(description: str) -> Header:
    return Header(description=description, param_schema=Schema.model_validate({"type": "string"}))


def _reference(model: type[BaseModel]) -> Reference:
    return Reference.model_validate({"$ref": _REF.format(model=model.__name__)})


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[1]


def _is_query(model: type[BaseModel], table: Iterable[AnyEndpoint]) -> bool:
    return any(endpoint.query is model for endpoint in table)
