"""The query of a list of adjustments, and the cursors of its pages."""

import base64
import hashlib
import re
from datetime import datetime
from typing import Literal

from pydantic import Field

from gateway import exact
from gateway.adjustments import Status
from gateway.api.field_types import KeyText, MemberField, Moment, Text64, Text200
from gateway.api.schemas import Limit, Sent
from gateway.errors import InvalidRequest
from gateway.journal import Filters
from gateway.write import WriteOperation

# The filters of the first version, which are always in the digest of a cursor.
_FIRST_FILTERS = ("member", "status", "reference", "idempotency_key", "created_from", "created_to")
_CURSOR = re.compile(r"(?P<id>adj_[0-9a-f]{32})\.(?P<digest>[0-9a-f]{16})\Z")
_LONGEST_CURSOR = 128


class ListQuery(Sent):
    """The query of a list of adjustments, newest first."""

    member: MemberField | None = None
    status: Literal["in_progress", "succeeded", "failed", "unknown", "accepted"] | None = None
    reference: Text200 | None = None
    idempotency_key: KeyText | None = None
    operation: WriteOperation | None = Field(None, description="`adjust` or `reverse`.")
    reverses: Text64 | None = Field(None, description="The id of the adjustment that they take back.")
    created_from: Moment | None = Field(None, description="Created at this time or later.")
    created_to: Moment | None = Field(None, description="Created at this time or earlier.")
    limit: Limit = 20
    cursor: str | None = Field(
        None, max_length=_LONGEST_CURSOR, description="`next_cursor` of the page before, with the same filters."
    )

    def filters(self) -> Filters:
        """The filters for the journal."""
        return Filters(
            member=str(self.member) if self.member else None,
            status=Status(self.status) if self.status else None,
            reference=self.reference,
            key=self.idempotency_key,
            operation=self.operation,
            refers_to=self.reverses,
            created_from=self.created_from,
            created_to=self.created_to,
        )

    def after(self, tenant: str) -> str | None:
        """The id after which the page begins. Raises `InvalidRequest` for a cursor of other filters."""
        if self.cursor is None:
            return None
        try:
            read = _CURSOR.match(base64.b64decode(self.cursor, b"-_", validate=True).decode())
        except ValueError:  # not base64, or no text inside
            read = None
        if read and read["digest"] == self._digest(tenant):
            return read["id"]
        raise InvalidRequest("The cursor is not one of a list with these filters; begin without a cursor")

    def cursor_for(self, tenant: str, last: str | None) -> str | None:
        """The cursor of the page after this id, bound to the filters; None on the last page.

        It contains only data that its caller has seen. A row number would reveal how much other clients write.
        """
        if last is None:
            return None
        return base64.urlsafe_b64encode(f"{last}.{self._digest(tenant)}".encode()).decode()

    def _digest(self, tenant: str) -> str:
        # A filter that was added later counts only if it is set, so that older cursors stay valid.
        values = ((name, _text(value)) for name, value in self if name not in ("limit", "cursor"))
        filters = {name: text for name, text in values if name in _FIRST_FILTERS or text is not None}
        return hashlib.sha256(exact.canonical([tenant, filters])).hexdigest()[:16]


def _text(value: object) -> str | None:
    return None if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
