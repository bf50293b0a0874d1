"""The audit log: what operators did is kept once, and is read newest first."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Dialect, create_engine

from gateway.journal import Entry, Journal, audit
from gateway.journal.commands import Note

MANY = 50_000
SERIES = {
    "sqlite": f"(WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s WHERE n < {MANY}) SELECT n FROM s) s",
    "postgresql": f"generate_series(1, {MANY}) AS s(n)",
}


def test_what_an_operator_did_is_kept_in_order(journal: Journal, clock: Any, runner: asyncio.Runner) -> None:
    """Every action has its time by the journal's clock, who it was, and its detail; the newest comes first."""
    first = clock.now
    runner.run(journal.note("command line, uid 0 (root)", "pause", {"vendor": "crm", "reason": "maintenance"}))
    clock.advance(5)
    runner.run(journal.note("command line, uid 7", "resume", {"vendor": "crm"}))
    assert runner.run(journal.audit(limit=10)) == (
        Entry(clock.now, "command line, uid 7", "resume", {"vendor": "crm"}),
        Entry(first, "command line, uid 0 (root)", "pause", {"vendor": "crm", "reason": "maintenance"}),
    )
    assert len(runner.run(journal.audit(limit=1))) == 1


def test_an_action_that_is_done_again_is_kept_once(opener: Callable[..., Journal], runner: asyncio.Runner) -> None:
    """An operation that runs again after a lost session recognises its own row."""
    journal = opener()
    again = Note("owner/1", "command line", "purge", {})
    for _ in range(2):
        runner.run(journal._write(again))
    assert len(runner.run(journal.audit(limit=10))) == 1


def statements(dialect: Dialect) -> dict[str, str]:
    """The reads of the audit log, as this database is asked."""
    asked = {
        "noted": audit.noted_statement("owner/4711"),
        "newest": audit.entries_statement(100, None),
        "page": audit.entries_statement(100, 30_000),
    }
    options = {"literal_binds": True}
    return {name: str(each.compile(dialect=dialect, compile_kwargs=options)) for name, each in asked.items()}


@pytest.mark.usefixtures("journal")
def test_each_read_takes_an_index_at_size(url: str) -> None:
    """A log of many operators' reads costs no more to look into than a short one: by the database's own choice."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.connect() as connection:
            kind = connection.dialect.name
            values = "'owner/' || n, n, 'operator alice', 'view', '{}'"
            connection.exec_driver_sql(
                f'INSERT INTO audit (id, at, "by", action, detail) SELECT {values} FROM {SERIES[kind]}'
            )
            connection.exec_driver_sql("ANALYZE")
            explain = "EXPLAIN QUERY PLAN" if kind == "sqlite" else "EXPLAIN"
            plans = {
                name: "\n".join(str(row) for row in connection.exec_driver_sql(f"{explain} {sql}"))
                for name, sql in statements(connection.dialect).items()
            }
            connection.rollback()
    finally:
        engine.dispose()
    if kind == "sqlite":
        assert "USING COVERING INDEX sqlite_autoindex_audit_1 (id=?)" in plans["noted"]
        assert "USING INTEGER PRIMARY KEY (rowid<?)" in plans["page"]
    else:
        assert "Index Scan using uq_audit_id on audit" in plans["noted"]
        assert all("Index Scan Backward using" in plans[name] for name in ("newest", "page"))
    assert not any("Seq Scan" in plan or "TEMP B-TREE" in plan or "Sort" in plan for plan in plans.values()), plans
