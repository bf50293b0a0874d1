from gateway.cli.journal.group import commands

__all__ = ["commands"]
