"""The console: pages for operators on the admin listener."""

from gateway.console.console import Console

__all__ = ["Console"]
