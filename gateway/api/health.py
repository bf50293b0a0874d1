"""What the open pages say of how the gateway and its vendors are: the JSON bodies of /livez and /readyz."""

from typing import Literal

from pydantic import Field

from gateway.answers.models import AnswerModel, Time, WhereItApplies
from gateway.model import CircuitState


class VendorHealth(AnswerModel):
    """How a vendor stands: `open` is left alone for a while, `half_open` is being tried again."""

    name: str
    circuit: CircuitState
    retry_after: WhereItApplies[int] = Field(None, description="Seconds until a call may go out again.")
    search: WhereItApplies[CircuitState] = Field(
        None, description="The circuit of the searches for what is unknown, where this vendor can be searched."
    )


class TaskHealth(AnswerModel):
    """How a background task does: `failing` since its last turn, or `stalled` in one that does not end."""

    name: str
    state: Literal["ok", "failing", "stalled"]
    last_ok: Time | None = Field(description="When a turn last went well.")
    failures: int = Field(description="Turns that failed since then.")


class Health(AnswerModel):
    """Whether a check holds, and what is wrong where not; `vendors` and `tasks` only where they were asked for."""

    status: Literal["ok", "unavailable"]
    detail: WhereItApplies[str] = None
    vendors: WhereItApplies[list[VendorHealth]] = None
    tasks: WhereItApplies[list[TaskHealth]] = None
