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

HEAD = "0020"
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
    Column("operation", Text, nullable=False, server_default=text("'adjust'")),
    Column("refers_to", Text),  # the id of another adjustment, which this one's operation is about
    Column("transaction_id", Text),  # the vendor's own id, out of `applied`: see `codec.transaction_id_of`
    Column("search_cursor", Text),  # of an `unknown`: where the search for it goes on
    Column("reversed_at_vendor", Boolean, nullable=False, server_default=false()),  # cancelled there, and not by us
    Column("removal", Text),  # what was taken out of it: see `removal`
    Column("erase_as", Text),  # the member's pseudonym, where it is to be erased once it has ended
    UniqueConstraint("id"),
    UniqueConstraint("key", "tenant", "client"),
    # What lists are read by: see `lists`.
    Index(None, "tenant", "created_at", "seq"),
    Index(None, "tenant", "member", "created_at", "seq"),
    Index(None, "tenant", "reference", "created_at", "seq"),
    Index(None, "tenant", "status", "created_at", "seq"),
    Index(None, "tenant", "vendor", "created_at", "seq"),
    Index(None, "tenant", "client", "created_at", "seq"),
)

# Written into the statements, not bound to them: only so is a partial index found to fit.
IN_PROGRESS = adjustments.c.status == literal_column("'in_progress'")
UNKNOWN = adjustments.c.status == literal_column("'unknown'")
ACCEPTED = adjustments.c.status == literal_column("'accepted'")
# Of such rows only. That is left to the migration, like `seq` counting up on SQLite: words of a database's own would
# load all of SQLAlchemy that is about it, be it in use or not.
Index("ix_adjustments_in_progress", adjustments.c.lease_until)
# With all that is told of where they went, and the status for SQLite, so that this is read from the index alone.
Index("ix_adjustments_unknown", *(adjustments.c[name] for name in ("created_at", "seq", "vendor", "account", "status")))
# Only of rows that refer to another, and of those whose operation is not the first: an adjustment costs nothing here.
_LISTED = (adjustments.c.created_at, adjustments.c.seq)
Index(None, adjustments.c.tenant, adjustments.c.refers_to, *_LISTED)
Index(None, adjustments.c.tenant, adjustments.c.operation, *_LISTED)
# Only of rows with a transaction id.
Index("ix_adjustments_transaction_id", adjustments.c.tenant, adjustments.c.account, adjustments.c.transaction_id)
Index(
    "ix_adjustments_due",
    adjustments.c.account,
    func.coalesce(adjustments.c.look_at, literal_column("0")),  # at once where nobody has looked yet
    adjustments.c.seq,
)
# What may be repeated, as it is due for that; only of rows that are unknown and have a digest.
Index(
    "ix_adjustments_repeat",
    adjustments.c.account,
    func.coalesce(adjustments.c.repeat_at, literal_column("0")),
    adjustments.c.seq,
)
# What a vendor has accepted, in the same order as what is due; only of such rows.
Index(
    "ix_adjustments_accepted",
    adjustments.c.account,
    func.coalesce(adjustments.c.look_at, literal_column("0")),
    adjustments.c.seq,
)
# What is to be erased; only of such rows.
Index("ix_adjustments_erase", adjustments.c.status, adjustments.c.retryable)


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

# How far the journal's clock is ahead of the uptime of each machine that gateways run on, by the machine's start: what
# was seen last, and when by either.
uptimes = Table(
    "uptimes",
    metadata,
    Column("boot", Text, primary_key=True),
    Column("uptime", BigInteger, nullable=False),
    Column("ahead", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)

# The key of the digests of what was erased, in one row, once something was: see `removal`.
erasure_key = Table(
    "erasure_key",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key", LargeBinary, nullable=False),
)

# Points that are taken from a budget on one day; nothing deletes them. `used` is a decimal.
budgets = Table("budgets", metadata, Column("counter", Text, primary_key=True), Column("used", Text, nullable=False))

# The limits that the last gateway had that was started, by whose they are, so that a change is noticed.
limits = Table("limits", metadata, Column("name", Text, primary_key=True), Column("written", Text, nullable=False))

# The names of clients and tenants, and marks of clients' keys, each with the name in the journal: see `known_names`.
names = Table(
    "names",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("journal_name", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("present", Boolean, nullable=False),
)

# What operators did: see `audit`. `id` is made by whoever asks for the row, so that it is not kept twice.
audit = Table(
    "audit",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("detail", Text, nullable=False),
    UniqueConstraint("id"),
)

# What is paused: see `switches`. A row stays when its pause is over, since a gateway needs no right to delete.
pauses = Table(
    "pauses",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("paused", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("retry_after", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

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
    Column("feed", Text),  # the tenant that is told of this step; NULL where the step is no event: see `event_kinds`
    Index(None, "adjustment", "seq"),
    Index(None, "feed", "seq"),  # only of events
)

# How far the feed of events is published, in one row, and which process publishes: see `outbox`.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("published", BigInteger, nullable=False),  # a `seq` of `transitions`: up to it nothing comes any more
    Column("owner", Text, nullable=False),
    Column("lease_until", BigInteger, nullable=False),
)

# The highest `seq` of the events that were purged, and how many times some were, by tenant.
purged_events = Table(
    "purged_events",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("until", BigInteger, nullable=False),
    Column("times", Integer, nullable=False),
)

# How far each webhook was told, and whose turn it is: see `webhooks`. `due_at`: when it may be told again.
webhooks = Table(
    "webhooks",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    Column("lease_until", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("failing_since", BigInteger),
    Column("failures", Integer, nullable=False),
)

# Events that a webhook did not take at once; `event` is a `seq` of `transitions`. `due_at` is NULL for what waits
# behind an earlier event of its adjustment, and for what is not sent any more.
deliveries = Table(
    "deliveries",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("event", BigInteger, primary_key=True),
    Column("adjustment", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("first_at", BigInteger),
    Column("due_at", BigInteger),
    Column("error", Text, nullable=False),
    Index(None, "feed", "name", "due_at"),  # only of what is due at some time
    Index(None, "adjustment"),
    Index(None, "state", "event"),
)
