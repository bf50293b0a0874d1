"""Journals of earlier gateways: what they hold is there afterwards, and can be gone on with."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, Text, bindparam, create_engine, text

import gateway.journal
from gateway.adjustments import Resolution, Settlement, State, Status, Verdict
from gateway.journal import Journal
from gateway.journal.codec import storable
from gateway.journal.tables import VERSION_TABLE, metadata

ROW = {
    "client": "storefront",
    "tenant": "acme",
    "fingerprint": "f",
    "vendor": "crm",
    "adapter": "example",
    "member": "contact_id:1",
    "points": "5",
    "draft": '{"point_type":null,"description":null,"reason":null,"store":null,"pending":false,"options":{},"rule":"r",'
    '"not_sent":[],"lease":15.0}',
    "retryable": False,
    "attempt": 1,
    "created_at": 1_700_000_000_000_000,
    "lease_until": 1_700_000_015_000_000,
}
STEP = {"at": 1_700_000_000_000_000, "after": "in_progress", "attempt": 1, "by": "gateway", "evidence": "{}"}


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    yield engine
    engine.dispose()


def insert(table: str, row: dict[str, Any]) -> Any:
    names = ", ".join(f'"{name}"' for name in row)
    return text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in row)})").bindparams(**row)


def upgrade(connection: Connection, version: str) -> None:
    """Bring the tables to a version."""
    config = Config()
    config.set_main_option("script_location", str(Path(str(gateway.journal.__file__)).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, version)


@pytest.fixture
def first(engine: Engine) -> None:
    """A journal as the first gateway left it: one adjustment in progress, one unknown."""
    with engine.begin() as connection:
        upgrade(connection, "0001")
        for status in ("in_progress", "unknown"):
            row = {"id": f"adj_{status}", "key": status, "status": status, **ROW}
            connection.execute(insert("adjustments", row))
            connection.execute(insert("transitions", {"adjustment": row["id"], "exchange": "[]", **STEP}))


@pytest.mark.filterwarnings("ignore:.*expression-based index")
@pytest.mark.usefixtures("first")
def test_the_first_gateways_journal_is_brought_up_to_date(opener: Any, engine: Engine) -> None:
    """Its tables become those that the code has in mind."""
    opener()
    options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


@pytest.mark.usefixtures("first")
def test_what_the_first_gateway_kept_is_gone_on_with(opener: Any, runner: asyncio.Runner) -> None:
    """Its rows are read, belong to no account, and are expired, settled and decided like any other."""
    journal: Journal = opener()
    assert runner.run(journal.expire()) == 1
    record = runner.run(journal.find("storefront", "acme", "in_progress"))
    assert record is not None
    assert (record.state, record.draft.account, record.looks) == (State(Status.UNKNOWN), "", 0)
    assert len(runner.run(journal.history("adj_in_progress"))) == 2
    settled = runner.run(journal.conclude(Settlement(record, Verdict.APPLIED, {})))
    assert settled.record.state == State(Status.SUCCEEDED)
    (other,) = runner.run(journal.due([""], 10, 60.0))
    decided = runner.run(journal.decide(other, Resolution(False, "r", "ops", other.created_at), {}))
    assert (decided.refused, decided.record.state) == (None, State(Status.FAILED))


def test_a_gateway_of_the_version_before_writes_beside_this_one(
    opener: Any, engine: Engine, runner: asyncio.Runner
) -> None:
    """A row without an operation adjusts and refers to nothing, and is searched from the beginning."""
    journal: Journal = opener()
    with engine.begin() as connection:
        connection.execute(insert("adjustments", {"id": "adj_before", "key": "k", "status": "unknown", **ROW}))
    record = runner.run(journal.get(None, "adj_before"))
    assert record is not None
    assert (record.draft.write.operation, record.draft.write.refers_to) == ("adjust", None)
    assert record.search_cursor is None


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize("columns", [("tenant",), ("tenant", "vendor")], ids=str)
def test_an_index_that_could_not_be_finished_is_made_anew(
    opener: Any, engine: Engine, columns: tuple[str, ...]
) -> None:
    """One that is there and `INVALID`, as a concurrent build leaves it that was cut, does not stand for a sound one."""
    if engine.dialect.name != "postgresql":
        pytest.skip("only PostgreSQL builds indexes beside writers")
    index = f"ix_adjustments_{'_'.join(columns)}_created_at_seq"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE INDEX {index} ON adjustments ({', '.join(columns)}, created_at, seq)"))
        connection.execute(text(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{index}'::regclass"))
    opener()
    with engine.connect() as connection:
        assert connection.scalar(text(f"SELECT indisvalid FROM pg_index WHERE indexrelid = '{index}'::regclass"))


LATE = {**STEP, "before": "failed", "after": "failed", "exchange": "[]"}
WORDS = {
    "contradicted": ('{"sent":true,"late":"applied","conflict":true}', True),
    "late": ('{"sent":true,"late":"refused","conflict":false}', False),
    "quoting": ('{"sent":true,"error":"they answered {\\"conflict\\":true}"}', False),
}


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_conflict_in_the_history_is_a_fact_of_the_row(
    opener: Any, engine: Engine, runner: asyncio.Runner, when: str
) -> None:
    """What an earlier gateway writes to the history, before the column is there or after, is in the row."""
    journal: Journal | None = opener() if when == "after" else None
    with engine.begin() as connection:
        for name, (evidence, _) in WORDS.items():
            row = {"id": f"adj_{name}", "key": name, "status": "failed", **ROW}
            connection.execute(insert("adjustments", row))
            connection.execute(insert("transitions", {"adjustment": row["id"], **LATE, "evidence": evidence}))
    journal = journal or opener()
    records = {name: runner.run(journal.find("storefront", "acme", name)) for name in WORDS}
    assert {name: record and record.conflict for name, record in records.items()} == {
        name: conflict for name, (_, conflict) in WORDS.items()
    }


APPLIED = {
    "plain": ('{"transaction_id":"t-1","details":{},"balance":null}', "t-1"),
    "sharp": ('{"transaction_id":"t-\u00df\u4e00","details":{"other":5E0},"balance":null}', "t-\u00df\u4e00"),
    "longest": (f'{{"transaction_id":"{"t" * 255}","details":{{}},"balance":null}}', "t" * 255),
    "too-long": (f'{{"transaction_id":"{"t" * 256}","details":{{}},"balance":null}}', None),
    "empty": ('{"transaction_id":"","details":{},"balance":null}', None),
    "none": ('{"transaction_id":null,"details":{"transaction_id":"t-2"},"balance":null}', None),
    "escaped": (r'{"transaction_id":"t\"3","details":{},"balance":null}', 't"3'),
    "beside-escaped": (r'{"transaction_id":"t-4","details":{"text":"\u0000 \ud800 \n"},"balance":null}', "t-4"),
    "nul": (r'{"transaction_id":"t\u00005","details":{},"balance":null}', storable("t\x005")),
    "surrogate": (r'{"transaction_id":"t\ud8006","details":{},"balance":null}', storable("t\ud8006")),
    "quoted": (r'{"transaction_id":"\"7\"","details":{},"balance":null}', storable('"7"')),
    "another-order": ('{"details":{"count":' + "9" * 5000 + '},"transaction_id":"t-8","balance":null}', "t-8"),
    "unreadable": ('{"details"', None),
    "unsettled": (None, None),
}


def test_transaction_ids_of_earlier_rows_are_in_their_column(opener: Any, engine: Engine) -> None:
    """A row of the version before has its transaction id as a row of this version would, whatever else it holds."""
    with engine.begin() as connection:
        upgrade(connection, "0008")
        for name, (applied, _) in APPLIED.items():
            row = {"id": f"adj_{name}", "key": name, "status": "succeeded", **ROW, "applied": applied}
            connection.execute(insert("adjustments", row))
        # More rows than one batch has.
        many = [{"n": number, "applied": rf'{{"transaction_id":"m\\{number}"}}'} for number in range(1100)]
        connection.execute(
            text(
                "INSERT INTO adjustments (id, client, tenant, key, fingerprint, vendor, adapter, member, points, draft,"
                " status, retryable, attempt, created_at, lease_until, applied) SELECT 'many_' || :n, client, tenant,"
                " 'many_' || :n, fingerprint, vendor, adapter, member, points, draft, status, retryable, attempt,"
                " created_at, lease_until, :applied FROM adjustments WHERE id = 'adj_plain'"
            ).bindparams(bindparam("n", type_=Text)),
            [{**row, "n": str(row["n"])} for row in many],
        )
    opener()
    with engine.connect() as connection:
        found = connection.execute(text("SELECT id, transaction_id FROM adjustments")).all()
    rows = {row.id: row.transaction_id for row in found}
    assert {name: rows[f"adj_{name}"] for name in APPLIED} == {name: id_ for name, (_, id_) in APPLIED.items()}
    assert {rows[f"many_{number}"] for number in range(1100)} == {rf"m\{number}" for number in range(1100)}
