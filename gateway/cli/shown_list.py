"""A list of adjustments on standard output, part by part as it is read, for people or for programs."""

from collections.abc import Iterable

from gateway.cli import terminal
from gateway.cli.listing import HEADER
from gateway.cli.options import Output


class ShownList:
    """Text with one header, or the one JSON document that the API would give for all of the list.

    Every method raises `Unwritten` where standard output cannot be written.
    """

    def __init__(self, output: Output) -> None:
        self.json = output is Output.JSON
        self.count = 0

    def add(self, adjustments: Iterable[str]) -> None:
        """Show some more: each is a line of text, or an adjustment's JSON. A part of a list may be empty."""
        shown = list(adjustments)
        if not shown:
            return
        if self.json:
            terminal.show_json(("\n," if self.count else '{"data":[') + "\n,".join(shown))
        else:
            terminal.show_lines(shown if self.count else [HEADER, *shown])
        self.count += len(shown)

    def end(self) -> None:
        """Show what ends the list."""
        if self.json:
            terminal.show_json(("" if self.count else '{"data":[') + '],"next_cursor":null}')
