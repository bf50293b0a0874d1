"""Reversals of what callers had: several of one adjustment, at once, for more than there is of it together."""

from decimal import Decimal
from random import Random

from tests.attack.testimony import Asked, Reverses

SHARE, RASH = 0.4, 0.1
"""How many of the adjustments that succeeded are reversed, and of those of which that is not known."""

PARTS = (Decimal("0.625"), Decimal("0.4375"), Decimal("0.25"))
"""What is asked for, as parts of the original. No two add up to another, nor does what others leave of the whole.

So the amount alone says which one it is, where a vendor is told no id.
"""


def reversals(asked: Asked, adjustment: str, *, succeeded: bool, seed: int) -> list[Asked]:
    """What is asked for at once once an adjustment has this id; often nothing."""
    random = Random(f"{seed} {asked.key} reversals")
    if random.random() >= (SHARE if succeeded else RASH):
        return []
    scheme, _, _ = asked.member.partition(":")
    cancels = scheme in ("contact_id", "email")
    whole: list[tuple[Decimal | None, bool | None]] = [(None, random.choice((None, True)) if cancels else None)]
    if scheme != "profile_id":  # where two could have the same amount, the vendor has to be told an id
        whole.append((None, False))
    parts = [(part, random.choice((None, False))) for part in PARTS]
    among = whole if random.random() < 0.4 else [*whole, *parts]
    return [
        Asked(
            f"{asked.key}-reversal-{number}",
            asked.member,
            -asked.points * (Decimal(1) if part is None else part),
            reverses=Reverses(asked, adjustment, rest=part is None, linked=linked),
        )
        for number, (part, linked) in enumerate(random.sample(among, random.randint(1, len(among))), start=1)
    ]
