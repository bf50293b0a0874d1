"""One request of a description, ready to be made: method, path, query, headers, body and proof of who sends it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from gateway.declared.body import Body
from gateway.declared.description import Before, Description, Requesting
from gateway.declared.jsonpath import Query
from gateway.declared.parts import Success
from gateway.declared.template import Hole, LeftOut, Template, encoded
from gateway.port.authentication import Authentication, Given
from gateway.port.request import VendorRequest
from gateway.port.settings import VendorSettings

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Form:
    """One request whose holes are still open; `effect`: whether it may change points."""

    method: str
    path: Template
    effect: bool
    success: Success
    query: Mapping[str, Template] = field(default_factory=dict)
    headers: Mapping[str, Template] = field(default_factory=dict)
    body: Body | None = None
    fields: Mapping[str, Template] | None = None
    authentication: tuple[Authentication, ...] = ()
    gives: Mapping[str, Query] = field(default_factory=dict)
    """Of a request that comes before another: where the values stand that the other one takes, by name."""

    @classmethod
    def of(cls, asked: Requesting, description: Description, *, effect: bool) -> "Form":
        """The request of an operation, of which `checking` finds nothing."""
        method, path = next((name, each) for name in METHODS if (each := getattr(asked, name)) is not None)
        return cls(
            method.upper(),
            path,
            effect,
            asked.success or Success(),
            asked.query,
            {**description.headers, **asked.headers},
            None if asked.body is None else Body.of(asked.body),
            asked.form,
            ways(description if asked.authentication is None else asked),
            asked.values if isinstance(asked, Before) else {},
        )

    @property
    def holes(self) -> tuple[Hole, ...]:
        """Every hole of it, in their order."""
        return tuple(self._holes())

    def _holes(self) -> Iterator[Hole]:
        yield from self.path.holes
        for mapping in (self.query, self.headers, self.fields or {}):
            for name, each in mapping.items():
                if mapping is not self.headers:
                    yield from Template.parse(name).holes
                yield from each.holes
        if self.body is not None:
            yield from self.body.holes

    @property
    def takes(self) -> frozenset[str]:
        """Those of `now`, `nonce` and `token` that its proof needs."""
        return frozenset().union(*(way.needs for way in self.authentication))

    def request(self, values: Mapping[str, Any], settings: VendorSettings, fresh: Given) -> VendorRequest:
        """The request with these values in its holes. Raises `FieldNotSupported` for a value that does not fit."""
        path = self.path.path(values)
        query = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in _filled(self.query, values))
        if query:
            path = f"{path}?{query}"
        headers = {"Accept": "application/json"}
        content = b""
        if self.fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            content = urlencode(list(_filled(self.fields, values)), errors="replace").encode()
        headers |= dict(_filled(self.headers, values, names=False))
        request = VendorRequest(self.method, path, headers, content, self.effect)
        if self.body is not None:
            request = VendorRequest.json(self.method, path, self._payload(values), headers=headers, effect=self.effect)
        for way in self.authentication:
            request = way.applied(request, settings, fresh)
        return request

    def _payload(self, values: Mapping[str, Any]) -> Any:
        try:
            return self.body.filled(values) if self.body is not None else None
        except LeftOut:
            return {}


def ways(asked: Description | Requesting) -> tuple[Authentication, ...]:
    """The ways of authentication of a part of a description, in their order."""
    found = []
    for entry in asked.authentication or ():
        named = (getattr(entry, name) for name in type(entry).model_fields)
        found += [way for way in named if way is not None]
    return tuple(found)


def _filled(
    templates: Mapping[str, Template], values: Mapping[str, Any], *, names: bool = True
) -> Iterator[tuple[str, str]]:
    """Names and texts, without those that are left out."""
    for name, template in templates.items():
        try:
            filled = Template.parse(name).text(values) if names else name
            yield filled, template.text(values)
        except LeftOut:
            continue
