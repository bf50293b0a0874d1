"""The rules that every request of a description keeps: its method, its path, and which holes stand where."""

import re
from collections.abc import Collection, Iterator, Mapping

from pydantic import BaseModel

from gateway.declared import body as bodies
from gateway.declared.body import Body
from gateway.declared.description import Description, Following, Requesting
from gateway.declared.form import METHODS, Form, ways
from gateway.declared.parts import Success
from gateway.declared.template import Hole, Template
from gateway.documents.problem import Path
from gateway.port.credentials import ClientCredentials
from gateway.port.secrets import Secret
from gateway.port.settings import VendorSettings

Fault = tuple[Path, str]
TEXTS = frozenset(("point_type", "description", "reason", "reference", "store"))
_ANY = frozenset(("now", "nonce"))
_WHO = frozenset(("member", "scheme"))
HOLES: Mapping[str, frozenset[str]] = {
    "adjust": _ANY | _WHO | TEXTS | {"points", "amount", "id", "pending"},
    "balance": _ANY | _WHO | {"point_type"},
    "expiring": _ANY | _WHO | {"point_type", "period.start", "period.end"},
    "transactions": _ANY | _WHO | {"point_type", "limit", "start", "end", "cursor"},
    "lookup": _ANY | _WHO,
    "find": _ANY | _WHO | TEXTS | {"id", "cursor", "transaction"},
    "reverse": _ANY | _WHO | {"original", "transaction", "id", "points", "amount", "point_type", "description"},
    "find_reversal": _ANY | _WHO | {"original", "transaction", "id", "point_type"},
    "probe": frozenset(),
    "before adjust": _ANY | _WHO | {"point_type", "store"},
    "before reverse": _ANY | _WHO | {"original", "transaction", "point_type"},
    **dict.fromkeys(("before balance", "before expiring", "before transactions"), _ANY | _WHO | {"point_type"}),
}
"""The holes that the requests of an operation may have, beside those of settings and options."""
COMPARED = frozenset(("points", "amount"))
"""Further holes of what the answer to a search is compared with."""
CHOOSING = frozenset(("member", "scheme", "point_type"))
"""The holes of what chooses one row of an answer to a read of a balance, beside settings."""
OPTIONAL = TEXTS | {"start", "end", "cursor", "transaction"}
"""The holes that may have no value."""
_IN_HEADERS = frozenset(("id", "now", "nonce"))
_SEGMENT = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%-]+\Z")
_READS = (
    *("balance", "expiring", "transactions", "lookup", "find", "find_reversal", "probe"),
    *(each for each in HOLES if each.startswith("before ")),
)
_OF_NOBODY = ("probe", "reverse", "find", "find_reversal")
"""Operations whose requests need not say whose points they are about, beside what comes before others."""


def of_request(asked: Requesting, path: Path, name: str, description: Description) -> Iterator[Fault]:
    """What is wrong with one request, and with what comes before it.

    `name` is its operation, or `credit` or `debit`; of a request that comes before one, `before` and that.
    """
    operation = name.replace("credit", "adjust").replace("debit", "adjust")
    methods = [each for each in METHODS if getattr(asked, each) is not None]
    if len(methods) != 1:
        yield path, f"expected one of {', '.join(METHODS)}, with its path"
        return
    method = methods[0]
    if operation in _READS and method not in ("get", "post"):
        yield (*path, method), "a read changes nothing: expected get or post"
    yield from _of_path(getattr(asked, method), (*path, method))
    if asked.body is not None and asked.form is not None:
        yield (*path, "form"), "expected body or form, and not both"
    if method == "get" and (asked.body is not None or asked.form is not None):
        yield (*path, method), "a GET has no body"
    for field in ("query", "form"):
        for key in getattr(asked, field) or {}:
            yield from (((*path, field, key), why) for why in _of_name(key))
    wrong = list(bodies.faults(asked.body, (*path, "body")))
    yield from wrong
    if wrong:
        return
    yield from _of_keys(asked.body, (*path, "body"))
    allowed = HOLES[operation]
    for place, holes in _places(asked, method):
        own = tuple(hole for hole in holes if not hole.name.startswith("before."))
        yield from _of_holes(own, (*path, *place), allowed, description, operation)
    for headers, place in ((asked.headers, (*path, "headers")), (description.headers, ("headers",))):
        for key, template in headers.items():
            yield from _of_header(template, (*place, key))
    whom = {hole.name for _, holes in _places(asked, method) for hole in holes}
    if operation not in _OF_NOBODY and not operation.startswith("before ") and "member" not in whom:
        yield path, "expected {member}: the request says of nobody whose points they are"
    words = getattr(asked, "schemes", description.schemes)
    if "member" in whom and len(words) > 1 and "scheme" not in whom:
        yield path, "expected {scheme}: members of different schemes would be taken for one another"
    if asked.success is not None:
        sent = allowed & whom | {"member", "scheme"} & whom
        yield from _of_success(asked.success, (*path, "success"), operation, description, sent)
    yield from _of_before(asked, path, name, description)


def _of_before(asked: Requesting, path: Path, name: str, description: Description) -> Iterator[Fault]:
    """What is wrong between a request and the one before it, whose values it takes."""
    before = asked.before if isinstance(asked, Following) else None
    values: Collection[str] = () if before is None else before.values
    method = next(each for each in METHODS if getattr(asked, each) is not None)
    used_values = set()
    for place, holes in _places(asked, method):
        for hole in (hole for hole in holes if hole.name.startswith("before.")):
            used_values.add(hole.name.removeprefix("before."))
            if hole.name.removeprefix("before.") not in values:
                listed = ", ".join(values) or "none"
                yield (*path, *place), f"{{{hole.name}}}: nothing before it gives this value (there are: {listed})"
            elif hole.optional:
                yield (*path, *place), f"{{{hole.name}?}} always has a value: expected {{{hole.name}}}"
    if before is None:
        return
    for unused in sorted(set(values) - used_values):
        yield (*path, "before", "values", unused), f"expected {{before.{unused}}} in the request that follows"
    if before.success is not None and before.success.empty:
        yield (*path, "before", "success"), "an empty answer has no values"
    yield from of_request(before, (*path, "before"), f"before {name}", description)


def _of_success(
    success: Success, path: Path, operation: str, description: Description, sent: frozenset[str] | set[str]
) -> Iterator[Fault]:
    for query, expected in success.require.items():
        if len(expected.model_fields_set) != 1:
            yield (*path, "require", query.text), "expected a value, or one of one_of, type and absent"
    if success.empty and (success.require or success.agree):
        yield path, "an empty answer has nothing to require or to agree"
    if operation in _READS and success.outcome is not None:
        yield (*path, "outcome"), "a read has none"
    known = set(sent) | ({"points", "amount"} if sent & COMPARED else set())
    for query, template in success.agree.items():
        place = (*path, "agree", query.text)
        for hole in template.holes:
            if not hole.name.startswith(("settings.", "options.")) and hole.name not in known:
                yield place, f"{{{hole.name}}} is not in the request: the vendor cannot say it back"
        if not template.holes:
            yield place, "expected a hole: what is always the same belongs under require"


def _of_path(template: Template, path: Path) -> Iterator[Fault]:
    text = "".join(part if isinstance(part, str) else "\0" for part in template.parts)
    if not text.startswith("/"):
        yield path, "expected a path that begins with /"
        return
    if "?" in text or "#" in text:
        yield path, "expected a path alone: parameters belong under query"
        return
    for segment in text.split("/")[1:]:
        if "\0" in segment and segment != "\0":
            yield path, "a hole is one whole segment of a path, as in /members/{member}/points"
        elif segment in (".", "..") or (segment not in ("", "\0") and not _SEGMENT.match(segment)):
            yield path, "expected segments of visible ASCII, percent-encoded where needed, and no . or .."
    for hole in template.holes:
        if hole.optional:
            yield path, f"{{{hole.name}?}}: a path has no optional holes"


def _of_name(key: str) -> Iterator[str]:
    try:
        template = Template.parse(key)
    except ValueError as error:
        yield str(error)
        return
    for hole in template.holes:
        if (hole.name != "scheme" and not hole.name.startswith("settings.")) or hole.optional:
            yield f"{{{hole.name}}} as a name: expected {{scheme}} or a setting there"


def _of_keys(value: object, path: Path) -> Iterator[Fault]:
    """What is wrong with the names of a body, whose texts are right."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from (((*path, key), why) for why in _of_name(key))
            yield from _of_keys(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _of_keys(item, (*path, number))


def _places(asked: Requesting, method: str) -> Iterator[tuple[Path, tuple[Hole, ...]]]:
    """The holes of a request, by where they stand."""
    yield (method,), getattr(asked, method).holes
    for field in ("query", "form"):
        for key, template in (getattr(asked, field) or {}).items():
            yield (field, key), (*Template.parse(key).holes, *template.holes)
    yield from ((("headers", key), template.holes) for key, template in asked.headers.items())
    if asked.body is not None:
        yield ("body",), Body.of(asked.body).holes


def _of_holes(
    holes: tuple[Hole, ...], path: Path, allowed: frozenset[str], description: Description, operation: str
) -> Iterator[Fault]:
    for hole in holes:
        if hole.name.startswith("settings."):
            yield from ((path, why) for why in of_setting(hole, description))
        elif hole.name.startswith("options."):
            known = description.options if operation in ("adjust", "find") else {}
            if hole.name.removeprefix("options.") not in known:
                yield path, f"{{{hole.name}}}: expected one of the options of the description, in adjust or find"
        elif hole.name not in allowed:
            listed = ", ".join(sorted(allowed)) or "none"
            yield path, f"{{{hole.name}}} is no value of {operation}: expected {listed}, settings.NAME or options.NAME"
        elif hole.optional and hole.name not in OPTIONAL:
            yield path, f"{{{hole.name}?}} always has a value: expected {{{hole.name}}}"
        elif hole.name == "cursor" and not hole.optional:
            yield path, "expected {cursor?}: the first page has none"


def of_setting(hole: Hole, description: Description) -> Iterator[str]:
    """What is wrong with a hole of a setting."""
    name = hole.name.removeprefix("settings.")
    if name not in description.settings:
        listed = ", ".join(description.settings) or "none"
        yield f"{{{hole.name}}}: no setting is named {name} (there are: {listed})"
    elif hole.optional:
        yield f"{{{hole.name}?}} always has a value: expected {{{hole.name}}}"


def _of_header(template: Template, path: Path) -> Iterator[Fault]:
    for part in template.parts:
        if isinstance(part, Hole):
            if part.name not in _IN_HEADERS and not part.name.startswith("settings."):
                yield path, f"{{{part.name}}}: a header has id, now, nonce and settings alone, and no caller's text"
        elif not (part.isascii() and part.isprintable()):
            yield path, "expected what a header can carry: visible ASCII"


def is_taken(name: str, model: type[BaseModel]) -> bool:
    """Whether a model has something of this name, so that a field would take its place."""
    return name.startswith("model_") or name in model.model_fields or hasattr(model, name)


def of_settings(description: Description, forms: Mapping[str, Form]) -> Iterator[Fault]:
    """What is wrong between the settings, and what reads them."""
    used = {hole.name.removeprefix("settings.") for form in forms.values() for hole in form.holes}
    if description.balance is not None:
        used |= {hole.name.removeprefix("settings.") for hole in description.balance.compared}
    issuing = set()
    for way in {way for form in forms.values() for way in form.authentication} | set(ways(description)):
        for name, kind in way.reads().items():
            used.add(name)
            if kind is ClientCredentials:
                issuing.add(name)
                if name in description.settings or is_taken(name, VendorSettings):
                    yield ("settings", name), "the credentials of a client come by their way: expected no such setting"
            elif name not in description.settings:
                listed = ", ".join(description.settings) or "none"
                yield ("authentication",), f"no setting is named {name} (there are: {listed})"
            elif kind is Secret and description.settings[name].type != "secret":
                yield ("settings", name), "expected a secret, as an authentication reads it"
    if len(issuing) > 1:
        yield ("authentication",), "expected one client for which tokens are issued"
    for name in description.settings:
        if name not in used and name not in description.identified_by and name != "default_description":
            yield ("settings", name), "no hole and no authentication reads it"
    sent = {hole.name for form in forms.values() for hole in form.holes}
    for name in description.options:
        if f"options.{name}" not in sent:
            yield ("options", name), f"expected {{options.{name}}} in a request: a caller's option has to be sent"
