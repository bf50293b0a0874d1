"""What marks a reference in a text, and the placeholder for a value that cannot be used."""

from gateway.port.secrets import Expanded

MARK = "${"


class Broken(Expanded):
    """A placeholder for a value whose error was reported already, so that it is not reported again."""
