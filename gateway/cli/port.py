"""`port`: the reference of the adapter port, from its docstrings."""

from gateway.cli import terminal
from gateway.conformance.reference import reference


def port() -> None:
    """Print the reference of the adapter port, in Markdown: what an adapter may import, and what may change.

    Example: points-gateway port > docs/adapter-port.md
    """
    terminal.show_lines(reference().splitlines())
