"""The long attack: `python -m tests.attack.soak --keys 20000 --kills 200 --journal postgresql --gateways 2`.

Prints a table of figures; ends with exit code 1 where the promise was broken, and says how to run it again.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import randbelow

from tests.attack import findings
from tests.attack.load import Plan, run
from tests.conftest import PostgreSQL
from tests.standby import pair


@contextmanager
def store(journal: str, folder: Path) -> Iterator[str]:
    """The URL of a new journal in SQLite, or in a PostgreSQL of our own."""
    if journal == "sqlite":
        yield f"sqlite:///{folder}/journal.db"
        return
    place = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has little room
    try:
        server = PostgreSQL(place)
        yield server.database()
        server.stop()
    finally:
        shutil.rmtree(place)


def main() -> None:
    """Read the command line, attack, and say what came of it."""
    parser = argparse.ArgumentParser(description="Random load on gateways that keep dying.")
    parser.add_argument("--keys", type=int, default=20_000, help="At least so many idempotency keys.")
    parser.add_argument("--kills", type=int, default=200, help="At least so many kill -9, over all gateways.")
    parser.add_argument("--journal", choices=("sqlite", "postgresql"), default="sqlite", help="Where the journal is.")
    parser.add_argument("--gateways", type=int, default=1, help="Gateways on the one journal.")
    parser.add_argument("--seed", type=int, default=randbelow(1_000_000), help="By default another each time.")
    parser.add_argument(
        "--fail-over", action="store_true", help="On PostgreSQL: halfway the primary dies, and its standby is promoted."
    )
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    with ExitStack() as stack:
        halfway = None
        if arguments.fail_over:
            servers = stack.enter_context(pair())
            url, halfway = servers.url, servers.fail_over
        else:
            url = stack.enter_context(store(arguments.journal, folder))
        plan = Plan(arguments.keys, arguments.kills, url, arguments.seed, arguments.gateways, halfway=halfway)
        figures = asyncio.run(run(plan, folder))
        print(figures.table())  # noqa: T201
        print(f"\nseed {arguments.seed}")  # noqa: T201
        if figures.violations:
            sys.exit(findings.keep(figures, folder, url))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
