"""What each command costs to start: processor time of short runs, on an empty journal; prints a table.

Bytecode is cached, as an installation has it: the first run of each command is left out.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from gateway.journal import Journal

ROOT = Path(__file__).parents[1]
RUNS = 9
COMMANDS = (
    "--help",
    "--version",
    "health -c {config}",
    "schema",
    "reload -c {config}",
    "check --offline -c {config}",
    "check -c {config}",
    "diff {config} {config}",
    "explain adjust -c {config} --tenant acme --member contact_id:1 --points 5",
    "adjustments list -c {config}",
    "journal verify -c {config}",
    "pause -c {config}",
    "port",
    *(f"{name} --help" for name in ("import", "export", "conform", "describe-try", "new-adapter")),
)


def seconds(words: list[str]) -> float:
    """User and system time of one run."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", *words],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config" / "demo.yaml"
        config.parent.mkdir()
        text = (ROOT / "config" / "demo.yaml").read_text("utf-8").replace("../var/demo.db", "demo.db")
        config.write_text(text, "utf-8")
        Journal.prepare(f"sqlite:///{config.with_name('demo.db')}", clock=lambda: datetime.now(UTC))
        print("| command | seconds of processor, least and median |")
        print("|---|---|")
        for command in COMMANDS:
            words = command.format(config=config).split()
            seconds(words)
            found = [seconds(words) for _ in range(RUNS)]
            shown = " ".join(word for word in command.split()[:2] if word not in ("-c", "{config}"))
            print(f"| `{shown}` | {min(found):.2f}, {statistics.median(found):.2f} |")


if __name__ == "__main__":
    main()
