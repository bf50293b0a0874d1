"""The tables of the journal. The truth about them is the migrations; a test holds the two together.

Times are microseconds since 1970 in UTC; `draft`, `applied`, `problem`, `resolution`, `evidence` and `exchange` are
JSON as `codec` writes it. `seq` is never used twice.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TextClause,
    UniqueConstraint,
    false,
    func,
    literal_column,
    text,
)

HEAD = "0007"
"""The newest migration; known here too, so that opening a journal that has it need not load Alembic."""

VERSION_TABLE = "journal_version"
"""Not Alembic's default, so that another application may keep its own versions in the same database."""

Sequence = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only what is declared INTEGER

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# `owner` is whose the last attempt is, down to the operation that began it; `look_at` is when an `unknown` may next be
# looked for at the vendor. `conflict` says that some transition's evidence has `"conflict":true`; a trigger of the
# migration sets it.
#
# What repeats are held to: `effect_digest`, of the request with the effect; `effect_at` and `effect_attempt`, the
# moment before the first byte that may have left, and in which attempt that was; `repeat_until`, the lease of the last
# repeat, or when it was over; `repeat_at`, when one is due; `repeat_barred_at`, since when a person waits to settle;
# `repeat_alarmed`, the operator has heard that the time runs out.
adjustments = Table(
    "adjustments",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("adapter", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("points", Text, nullable=False),
    Column("reference", Text),
    Column("draft", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("retryable", Boolean, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger, nullable=False),
    Column("completed_at", BigInteger),
    Column("applied", Text),
    Column("problem", Text),
    Column("resolution", Text),
    Column("answer_status", Integer),
    Column("answer_body", LargeBinary),
    Column("owner", Text, nullable=False, server_default=text("''")),
    Column("account", Text, nullable=False, server_default=text("''")),
    Column("look_at", BigInteger),
    Column("looks", Integer, nullable=False, server_default=text("0")),
    # Some transition's evidence has `"conflict":true`: a trigger, left to the migration, sets it as that is written.
    Column("conflict", Boolean, nullable=False, server_default=false()),
    Column("repeats", Integer, nullable=False, server_default=text("0")),
    Column("effect_digest", Text),
    Column("effect_at", BigInteger),
    Column("effect_attempt", Integer),
    Column("repeat_until", BigInteger),
    Column("repeat_at", BigInteger),
    Column("repeat_barred_at", BigInteger),
    Column("repeat_alarmed", Boolean, nullable=False, server_default=false()),
    Column("reserved", Text),  # what its attempts took from budgets: see `reservation`
    UniqueConstraint("id"),
    UniqueConstraint("key", "tenant", "client"),
    # What lists are read by: see `lists`.
    Index(None, "tenant", "created_at", "seq"),
    Index(None, "tenant", "member", "created_at", "seq"),
    Index(None, "tenant", "reference", "created_at", "seq"),
    Index(None, "tenant", "status", "created_at", "seq"),
)

# Written into the statements, not bound to them: only so is a partial index found to fit.
IN_PROGRESS = adjustments.c.status == literal_column("'in_progress'")
UNKNOWN = adjustments.c.status == literal_column("'unknown'")
# Of such rows only. That is left to the migration, like `seq` counting up on SQLite: words of a database's own would
# load all of SQLAlchemy that is about it, be it in use or not.
Index("ix_adjustments_in_progress", adjustments.c.lease_until)
Index("ix_adjustments_unknown", adjustments.c.created_at)
Index(
    "ix_adjustments_due",
    adjustments.c.account,
    func.coalesce(adjustments.c.look_at, literal_column("0")),  # at once where nobody has looked yet
    adjustments.c.seq,
)


def read_by(index: str, connection: Connection) -> TextClause:
    """The adjustments, to be read by one index: SQLite is told its name, and has no other choice."""
    return text(f"adjustments INDEXED BY {index}" if connection.dialect.name == "sqlite" else "adjustments")


# The journal's own view of time, in one row: the highest that was seen, and the highest from which it was set back.
clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("highest", BigInteger, nullable=False),
    Column("set_back", BigInteger, nullable=False),
)

# Points that are taken from a budget on one day; nothing deletes them. `used` is a decimal.
budgets = Table("budgets", metadata, Column("counter", Text, primary_key=True), Column("used", Text, nullable=False))

# The limits that the last gateway had that was started, by whose they are, so that a change is noticed.
limits = Table("limits", metadata, Column("name", Text, primary_key=True), Column("written", Text, nullable=False))

transitions = Table(
    "transitions",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("adjustment", Text, ForeignKey(adjustments.c.id), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("before", Text),
    Column("after", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("exchange", Text, nullable=False),
    Index(None, "adjustment", "seq"),
)
