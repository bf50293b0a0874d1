"""The command line, `points-gateway`."""

from gateway.cli.main import main

__all__ = ["main"]
