"""Which adjustments are asked for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select

from gateway.adjustments import Status
from gateway.journal import codec
from gateway.journal.schema import adjustments


@dataclass(frozen=True, slots=True)
class Filters:
    """Which adjustments a list holds: None leaves a thing open, `member` is `SCHEME:VALUE`, both times inclusive.

    `vendor` is its configured name, `client` the name of who asked for them.
    """

    member: str | None = None
    status: Status | None = None
    reference: str | None = None
    key: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    vendor: str | None = None
    client: str | None = None

    def applied_to(self, statement: Select[Any], tenant: str | None) -> Select[Any]:
        """The statement, narrowed to these adjustments of a tenant, or of any for None."""
        if tenant is not None:
            statement = statement.where(adjustments.c.tenant == codec.storable(tenant))
        table = adjustments.c
        for column in (table.member, table.status, table.reference, table.key, table.vendor, table.client):
            if (wanted := getattr(self, column.name)) is not None:
                statement = statement.where(column == codec.storable(wanted))
        if self.created_from is not None:
            statement = statement.where(adjustments.c.created_at >= codec.to_micros(self.created_from))
        if self.created_to is not None:
            statement = statement.where(adjustments.c.created_at <= codec.to_micros(self.created_to))
        return statement
