"""`journal verify`: holds a whole journal against what must be true of it."""

from gateway.cli import terminal
from gateway.cli.options import Config, fail, stored
from gateway.journal import JournalError
from gateway.journal.inspection import Inspection, inspect


def verify(config: Config) -> None:
    """Read the whole journal, and print one line for each thing that cannot be. Gateways may be running.

    The exit code is 1 if there is any. Steps follow the life of an adjustment, rows stand where their steps led,
    answers agree with statuses, reversals take back no more than was booked, keys are unique, budgets not negative,
    events are told to their tenant and not before they happen.

    Example: points-gateway journal verify -c config/gateway.yaml
    """
    inspection = Inspection()
    try:
        for found in inspect(stored(config), inspection):
            terminal.show(f"{found.id}: {found.invariant}: {found.detail}")
    except JournalError as error:
        fail(str(error))
    read = f"{inspection.adjustments:,} adjustments and {inspection.transitions:,} transitions"
    if inspection.violations:
        fail(f"{inspection.violations:,} violation(s) in {read}")
    terminal.show(f"{read}: no violation")
