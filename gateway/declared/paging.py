"""The pages of a described list: which one a cursor asks for, and what the next cursor is."""

import re
from typing import Any

from gateway import scalars
from gateway.declared import values as reading
from gateway.declared.jsonpath import Query
from gateway.declared.parts import Next
from gateway.errors import FieldNotSupported
from gateway.port.adapter import not_understood
from gateway.port.response import VendorResponse

_COUNT = re.compile(r"[1-9][0-9]{0,8}\Z")


def checked(cursor: str | None, paging: Next | None) -> None:
    """Raise `FieldNotSupported` for a cursor that no answer can have given; a caller can make one up."""
    if cursor is not None and (paging is None or (paging.count is not None and not _COUNT.match(cursor))):
        raise FieldNotSupported("cursor", "it is none that this vendor's pages have")


def next_cursor(
    document: Any, rows: list[Any], paging: Next | None, cursor: str | None, response: VendorResponse
) -> str | None:
    """The cursor of the next page; None on the last. Raises `VendorBadResponse` where that cannot be told."""
    if paging is None:
        return None
    more = _more(document, paging.more, response)
    if more is False:
        return None
    if paging.count is not None:
        if not rows:
            not_understood("a page without rows has a page after it", response)
        return str(int(cursor or 0) + len(rows)) if paging.count == "rows" else str(int(cursor or 1) + 1)
    if paging.last is not None:
        found = reading.text_at(rows[-1], paging.last) if rows else None
    else:
        value = paging.value.value(document) if paging.value is not None else None
        if more is None and reading.fits(value, reading.ABSENT):
            return None
        found = scalars.text(value) or None
    if found is None or found == cursor:
        not_understood("where the next page begins cannot be told", response)
    return found


def _more(document: Any, query: Query | None, response: VendorResponse) -> bool | None:
    """Whether there is a next page; None where the description names nothing that says so."""
    if query is None:
        return None
    if (more := scalars.flag(query.value(document))) is None:
        not_understood(f"{query.text}: neither true nor false", response)
    return more
