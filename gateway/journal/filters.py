"""Which adjustments are asked for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, exists, literal_column

from gateway.adjustments import Status
from gateway.journal import codec
from gateway.journal.tables import adjustments, transitions
from gateway.write import WriteOperation


@dataclass(frozen=True, slots=True)
class Filters:
    """Which adjustments a list holds: None leaves a thing open, `member` is `SCHEME:VALUE`, both times inclusive.

    `vendor` is its configured name, `client` the name of who asked for them. `refers_to`: the id of what they reverse.
    `request_id`: of a request that an attempt ended with; it is looked for in the histories of all that fit otherwise.
    """

    member: str | None = None
    status: Status | None = None
    reference: str | None = None
    key: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    vendor: str | None = None
    client: str | None = None
    operation: WriteOperation | None = None
    refers_to: str | None = None
    request_id: str | None = None

    @property
    def in_history(self) -> tuple[ColumnElement[bool], ...]:
        """The condition on the history of an adjustment, if there is one."""
        if self.request_id is None:
            return ()
        member = f'"request_id":{codec.dumps(self.request_id)}'
        one = literal_column("adjustments.id", Text)  # whatever a list names the table that it reads
        return (
            exists().where(transitions.c.adjustment == one, transitions.c.evidence.contains(member, autoescape=True)),
        )

    def applied_to(self, statement: Select[Any], tenant: str | None) -> Select[Any]:
        """The statement, narrowed to these adjustments of a tenant, or of any for None."""
        if tenant is not None:
            statement = statement.where(adjustments.c.tenant == codec.storable(tenant))
        table = adjustments.c
        texts = (table.member, table.status, table.reference, table.key, table.vendor, table.client)
        for column in (*texts, table.operation, table.refers_to):
            if (wanted := getattr(self, column.name)) is not None:
                statement = statement.where(column == codec.storable(wanted))
        if self.created_from is not None:
            statement = statement.where(adjustments.c.created_at >= codec.to_micros(self.created_from))
        if self.created_to is not None:
            statement = statement.where(adjustments.c.created_at <= codec.to_micros(self.created_to))
        return statement.where(*self.in_history)
