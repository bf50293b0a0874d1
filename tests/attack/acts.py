"""What the vendor does with one request, and how that is decided: by a seed, or by a script."""

from collections.abc import Callable
from enum import StrEnum
from random import Random


class Act(StrEnum):
    """One behaviour of the vendor; those called `apply...` have the effect, and `late` has it afterwards."""

    APPLY = "apply"
    APPLY_THEN_CLOSE = "apply then close"
    APPLY_THEN_RESET = "apply then reset"
    APPLY_THEN_HANG = "apply then hang"
    APPLY_THEN_500 = "apply then 500"
    APPLY_THEN_HTML = "apply then HTML"
    APPLY_THEN_CUT = "apply then a cut-off body"
    APPLY_THEN_401 = "apply then 401"
    LATE = "close, apply late"
    CLOSE = "close"
    HANG = "hang"
    ERROR_500 = "500"
    HTML_502 = "HTML 502"
    LOCKED_OUT = "401"
    NO_TOKEN = "401, as its token serves no more"
    TOO_MANY = "429"
    REFUSE = "refuse"

    @property
    def applies(self) -> bool:
        """Whether it has the effect before anything is answered."""
        return self.name.startswith("APPLY")


Decide = Callable[[str, int], Act]
"""From a member and how many requests it had before (0 for the first) to what is done."""

_WEIGHTS = dict.fromkeys(Act, 3) | {Act.APPLY: 70, Act.REFUSE: 8, Act.TOO_MANY: 10, Act.HANG: 2, Act.NO_TOKEN: 0}


def seeded(seed: int) -> Decide:
    """Decide by a seed; the order in which requests arrive plays no part."""

    def decide(member: str, before: int) -> Act:
        random = Random(f"{seed} {member} {before}")
        return random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]

    return decide


def scripted(*acts: Act) -> Decide:
    """Decide by a script for each member's requests; its last act goes on for ever."""

    def decide(member: str, before: int) -> Act:
        return acts[min(before, len(acts) - 1)]

    return decide
