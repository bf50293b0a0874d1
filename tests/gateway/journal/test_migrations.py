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
from sqlalchemy import Engine, create_engine, text

import gateway.journal
from gateway.adjustments import Resolution, Settlement, State, Status, Verdict
from gateway.journal import Journal
from gateway.journal.schema import VERSION_TABLE, metadata

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


@pytest.fixture
def first(engine: Engine) -> None:
    """A journal as the first gateway left it: one adjustment in progress, one unknown."""
    config = Config()
    config.set_main_option("script_location", str(Path(str(gateway.journal.__file__)).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
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


@pytest.mark.usefixtures("first")
def test_an_index_that_could_not_be_finished_is_made_anew(opener: Any, engine: Engine) -> None:
    """One that is there and `INVALID`, as a concurrent build leaves it that was cut, does not stand for a sound one."""
    if engine.dialect.name != "postgresql":
        pytest.skip("only PostgreSQL builds indexes beside writers")
    index = "ix_adjustments_tenant_created_at_seq"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE INDEX {index} ON adjustments (tenant, created_at, seq)"))
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
