"""Sessions of the console, as the audit log has them: whoever signs out ends one for every process on the journal."""

from gateway.operators.desk import Desk
from gateway.operators.operator import Operator


async def began(desk: Desk, operator: Operator, number: str) -> None:
    """Keep that an operator has signed in; `number`: the session's, like no other one's. Raises `StoreUnavailable`."""
    await desk.journal.note(operator.subject, "sign_in", {"by": operator.signed_in}, number=f"sign-in {number}")


async def ended(desk: Desk, operator: Operator, number: str) -> None:
    """Keep that an operator has signed out: no copy of the session's cookie is worth anything any more.

    Raises `StoreUnavailable`.
    """
    await desk.journal.note(operator.subject, "sign_out", {}, number=_end(number))


async def is_ended(desk: Desk, number: str) -> bool:
    """Whether a session was ended by whoever had it. Raises `StoreUnavailable`."""
    return await desk.journal.noted(_end(number))


def _end(number: str) -> str:
    return f"sign-out {number}"
