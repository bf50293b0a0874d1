"""The rules of searches: for a booking, for a cancel, and page by page."""

from collections.abc import Iterator, Mapping

from gateway.declared.adapter_class import holes_of
from gateway.declared.description import Description, Find, FindReversal
from gateway.declared.form import Form
from gateway.declared.parts import Next
from gateway.declared.request_rules import COMPARED, HOLES, Fault
from gateway.documents.problem import Path


def of_pages(paging: Next | None, form: Form, path: Path) -> Iterator[Fault]:
    """What is wrong with how a list is asked for page by page."""
    holes = {hole.name for hole in form.holes}
    if (paging is None) is ("cursor" in holes):
        yield path, "{cursor?} and next go together: a page is asked for by what was named before it"
    if paging is None:
        return
    ways = [name for name in ("value", "last", "count") if getattr(paging, name) is not None]
    if len(ways) != 1:
        yield (*path, "next"), "expected one of value, last and count"
    elif ways != ["value"] and paging.more is None:
        yield (*path, "next"), "expected more: without it nothing says which page is the last"


def of_find(find: Find, description: Description, forms: Mapping[str, Form]) -> Iterator[Fault]:
    """What is wrong with the search for a booking."""
    if description.adjust is None:
        yield ("find",), "expected adjust: there is nothing to search for"
        return
    by = {hole.name for template in find.ours.values() for hole in template.holes}
    if not by & {"id", "transaction"}:
        yield ("find", "ours"), "expected {id}, or {transaction} of what was accepted: other values are not unique"
    sent = {hole.name for hole in holes_of("adjust", description, forms)} | {"member", "scheme", "transaction"}
    for part, further in (("ours", frozenset[str]()), ("agree", COMPARED)):
        for query, template in getattr(find, part).items():
            for hole in template.holes:
                place: Path = ("find", part, query.text)
                if hole.name not in sent | further and not hole.name.startswith("settings."):
                    yield place, f"{{{hole.name}}} is not in the request of adjust: it cannot be found by that"
                elif hole.name not in HOLES["find"] | COMPARED and not hole.name.startswith(("settings.", "options.")):
                    yield place, f"{{{hole.name}}} is not known to a search"
                elif hole.optional and part == "ours":
                    yield place, f"{{{hole.name}?}} may have no value, and every booking would be ours"
    yield from of_pages(find.next, forms["find"], ("find",))


def of_find_reversal(find: FindReversal, description: Description, forms: Mapping[str, Form]) -> Iterator[Fault]:
    """What is wrong with the question whether a booking was cancelled."""
    if description.reverse is None:
        yield ("find_reversal",), "expected reverse: there is nothing to search for"
        return
    if (find.cancelled is None) is (find.points is None):
        why = "expected one of cancelled, of the booking that is taken back, and points, of the cancel"
        yield ("find_reversal",), why
    if find.cancelled is not None and find.transaction is not None:
        yield ("find_reversal", "transaction"), "with cancelled, that names the cancel"
    by = {hole.name for template in find.ours.values() for hole in template.holes}
    holes_for_us = {"original", "transaction"} if find.cancelled is not None else {"original", "transaction", "id"}
    if not by & holes_for_us:
        listed = " or ".join(f"{{{name}}}" for name in sorted(holes_for_us))
        yield ("find_reversal", "ours"), f"expected {listed}: other values are not unique"
    if find.cancelled is None and by == {"id"} and "id" not in {hole.name for hole in forms["reverse"].holes}:
        yield ("find_reversal", "ours"), "{id} is not in the request of reverse: it cannot be found by that"
    known = HOLES["find_reversal"] | COMPARED
    for part in ("ours", "agree"):
        for query, template in getattr(find, part).items():
            for hole in template.holes:
                place: Path = ("find_reversal", part, query.text)
                if hole.name not in known and not hole.name.startswith("settings."):
                    yield place, f"{{{hole.name}}} is not known to a search for a cancel"
                elif hole.optional:
                    yield place, f"{{{hole.name}?}} may have no value, and every row would be ours"
    if find.rows is None and find.cancelled is None:
        yield ("find_reversal",), "expected rows: an answer that is one cancel cannot say that there is none"
