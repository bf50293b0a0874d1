"""What every answer has to be: as docs/api.md says of all of them, and as the OpenAPI document says of each."""

import re
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker

FIELDS = {"type", "title", "status", "detail", "code", "retryable", "new_key_allowed", "request_id"}
WHERE_THEY_APPLY = {"errors", "adjustment", "vendor"}

ALWAYS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
"""Headers of every answer."""

OF_HTTP = {"connection", "content-length", "content-type", "date", *ALWAYS}
"""Headers that the document need not name for each answer."""


class Contract:
    """The OpenAPI document of a running gateway, as something that answers are held against."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._paths = {
            re.compile(re.sub(r"{\w+}", "[^/]+", template) + r"\Z"): item
            for template, item in document["paths"].items()
        }
        self._validators: dict[int, Draft202012Validator] = {}

    def check(self, response: httpx.Response) -> None:
        """Raises `AssertionError` or `ValidationError` where an answer is not what it has to be."""
        request_ids = response.headers.get_list("request-id")
        assert len(request_ids) == 1, "every answer carries one Request-Id"
        assert re.fullmatch(r"[!-~]{1,128}", request_ids[0]), "the Request-Id is visible ASCII"
        for name, value in ALWAYS.items():
            assert response.headers.get_list(name) == [value], f"every answer carries one {name}"
        if response.status_code >= 400 and response.request.method != "HEAD":
            self._check_problem(response)
        documented = self._documented(response.request)
        if documented is None or response.status_code == 405:
            return
        assert str(response.status_code) in documented, f"{response.status_code} is not documented here"
        said = documented[str(response.status_code)].get("content", {})
        media_type = response.headers["content-type"].partition(";")[0]
        assert media_type in said, f"{media_type} is not documented here"
        headers = {name.lower() for name in documented[str(response.status_code)].get("headers", {})}
        assert set(response.headers) <= headers | OF_HTTP, "every header of an answer is documented"
        self._validator(said[media_type]["schema"]).validate(response.json())

    def _documented(self, request: httpx.Request) -> dict[str, Any] | None:
        path = request.url.raw_path.decode().partition("?")[0]
        # Literal paths come before templates, as they do in the gateway.
        for template, item in sorted(self._paths.items(), key=lambda each: "[" in each[0].pattern):
            if template.match(path) and request.method.lower() in item:
                responses: dict[str, Any] = item[request.method.lower()]["responses"]
                return responses
        return None

    def _validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        if id(schema) not in self._validators:
            whole = {**schema, "components": self.document["components"]}
            self._validators[id(schema)] = Draft202012Validator(whole, format_checker=FormatChecker())
        return self._validators[id(schema)]

    @staticmethod
    def _check_problem(response: httpx.Response) -> None:
        if response.request.url.path == "/readyz":
            return
        assert response.headers["content-type"] == "application/problem+json"
        problem = response.json()
        assert problem.keys() >= FIELDS
        assert problem.keys() <= FIELDS | WHERE_THEY_APPLY
        assert problem["type"] == f"/problems/{problem['code']}"
        assert problem["status"] == response.status_code
        assert problem["title"]
        assert problem["detail"]
        if "idempotent-replayed" not in response.headers:
            assert problem["request_id"] == response.headers["request-id"]
        assert ("retry-after" in response.headers) == problem["retryable"]
        if problem["retryable"]:
            assert re.fullmatch(r"[1-9][0-9]*", response.headers["retry-after"]), "whole seconds, at least one"
        assert response.headers.get("www-authenticate") == ("Bearer" if response.status_code == 401 else None)
