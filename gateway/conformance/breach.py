"""What a check says of an adapter that breaks it."""

from typing import NoReturn


class Broken(AssertionError):
    """Raised when an adapter breaks a check: what was expected, what was there instead, and in which case."""

    def __init__(self, expected: str, instead: str, case: str = "") -> None:
        super().__init__(f"expected {expected}; {instead}" + (f" ({case})" if case else ""))
        self.expected = expected
        self.instead = instead
        self.case = case


class Unplaced(Broken):
    """Raised when no request of a write has an effect, so that nothing can be said of the one that has it.

    `check` is the name of the check that says so.
    """

    def __init__(self, check: str) -> None:
        super().__init__(check, "it is broken, as no request says that it has an effect")


def broken(expected: str, instead: object, case: object = "") -> NoReturn:
    """Raise `Broken`; `case` says with which values."""
    raise Broken(expected, str(instead), str(case))


def expect(holds: object, expected: str, instead: object, case: object = "") -> None:
    """Raise `Broken` unless it holds."""
    if not holds:
        broken(expected, instead, case)
