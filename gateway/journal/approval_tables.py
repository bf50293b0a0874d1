"""The tables of what a second person has to confirm, and operators' indexes; the truth about them is a migration."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from gateway.journal.tables import adjustments, metadata

# How many people a resolution takes, and microseconds after which the first one's word lapses; in one row.
resolution_rule = Table(
    "resolution_rule",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("approvals", Integer, nullable=False),
    Column("expires", BigInteger, nullable=False),
)

# The last proposal of each adjustment; one that is over has `until` 0 and no `resolution`. A row stays, since a gateway
# needs no right to delete. `steps`: how many rows of `transitions` the adjustment had then, with the proposal's own.
proposals = Table(
    "proposals",
    metadata,
    Column("adjustment", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("resolution", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("repeats", Integer, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("until", BigInteger, nullable=False),
)

# What operators look at: what is accepted, oldest first, and what a late result contradicts; only of such rows.
Index("ix_adjustments_accepted_at", adjustments.c.created_at, adjustments.c.seq)
Index("ix_adjustments_conflict", adjustments.c.created_at, adjustments.c.seq)
