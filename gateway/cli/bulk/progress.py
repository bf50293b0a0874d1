"""A bar on standard error, where that is a terminal: how much is done, and how long the rest takes."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(what: str, total: int | None, *, beside_output: bool) -> Iterator[Callable[[], None]]:
    """Gives what is called for each item that is done; `total` of None where nobody knows it.

    `beside_output`: the data goes to standard output; where that is a terminal too, there is no bar between its lines.
    """
    if not sys.stderr.isatty() or (beside_output and sys.stdout.isatty()):
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # rich would take standard output for itself, and the data with it.
    with Progress(*columns, console=console, redirect_stdout=False, redirect_stderr=False) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
