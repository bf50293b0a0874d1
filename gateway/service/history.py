"""A member's history at the vendor: the cursors that callers are given, and which adjustments made its rows."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway import exact
from gateway.errors import FieldError, InvalidRequest, VendorBadResponse
from gateway.journal import Journal
from gateway.model import Member, VendorTransaction, time_text
from gateway.planning.translation import Translator
from gateway.reads import TransactionsRead

LONGEST_CURSOR = 2_048
"""Characters of a cursor that callers are given."""
_ID = re.compile(r"adj_[0-9a-f]{32}\Z")
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one list, and the cursors that belong to it.

    `read` is the first page, `resolved` the vendor's own name of its member, where that was looked up. A caller's
    cursor is base64url of a digest and the vendor's cursor. The digest is of the list and the vendor's cursor, so that
    a cursor of another list, vendor, account or member is refused before it is sent. It is no signature: a caller can
    make a cursor, and reaches nothing by it that the list does not have.
    """

    tenant: str
    read: TransactionsRead
    translator: Translator
    resolved: Member | None = None

    def after(self, cursor: str | None) -> TransactionsRead:
        """The page after a caller's cursor. Raises `InvalidRequest` where it is not one of this list."""
        if cursor is None:
            return self.read
        try:
            text = base64.b64decode(cursor, b"-_", validate=True).decode()
        except ValueError:  # not base64, or no text inside
            text = ""
        digest, vendors = text[:_DIGITS], text[_DIGITS:]
        if not vendors or digest != self._digest(vendors):
            detail = "expected a cursor of this list; begin without a cursor"
            raise InvalidRequest(f"?cursor: {detail}", errors=(FieldError("?cursor", detail),))
        return replace(self.read, cursor=vendors)

    def wrapped(self, vendors: str | None) -> str | None:
        """The caller's cursor for the vendor's. Raises `VendorBadResponse` where that cannot be a caller's."""
        if not vendors:
            return None
        try:
            cursor = base64.urlsafe_b64encode((self._digest(vendors) + vendors).encode()).decode()
        except UnicodeEncodeError as error:
            raise VendorBadResponse("The vendor's cursor is no text") from error
        if len(cursor) > LONGEST_CURSOR:
            raise VendorBadResponse(f"The vendor's cursor is too long for one of {LONGEST_CURSOR} characters")
        return cursor

    def _digest(self, vendors: str) -> str:
        read = self.read
        period = [None if each is None else time_text(each) for each in (read.start, read.end)]
        place = [self.translator.name, self.translator.account, vendors]
        values = [self.tenant, str(self.resolved or read.member), read.point_type, *period, *place]
        return hashlib.sha256(exact.canonical(values)).hexdigest()[:_DIGITS]


async def origins(
    journal: Journal, tenant: str, translator: Translator, rows: Sequence[VendorTransaction]
) -> list[str | None]:
    """The id of the adjustment that made each row; None where the tenant's journal knows none at that account.

    A row's own `adjustment` counts before its transaction id. Raises `StoreUnavailable`.
    """
    ids = {row.adjustment for row in rows if row.adjustment is not None and _ID.match(row.adjustment)}
    transactions = {row.id for row in rows if row.id}
    if not ids and not transactions:
        return [None] * len(rows)
    found = await journal.origins(tenant, translator.accounts, ids=ids, transactions=transactions)
    return [row.adjustment if row.adjustment in found.known else found.by_transaction.get(row.id or "") for row in rows]
