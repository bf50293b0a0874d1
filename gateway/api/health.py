"""The JSON bodies of /livez and /readyz."""

from typing import Literal

from pydantic import Field

from gateway.answers.answer_model import AnswerModel, Time, WhereItApplies
from gateway.model import CircuitState


class VendorHealth(AnswerModel):
    """The state of a vendor's circuit: `open` means no calls for a while, `half_open` that one call is testing it."""

    name: str
    circuit: CircuitState
    retry_after: WhereItApplies[int] = Field(None, description="Seconds until a call may go out again.")
    search: WhereItApplies[CircuitState] = Field(
        None, description="The circuit of the searches for what is unknown, where this vendor can be searched."
    )


class TaskHealth(AnswerModel):
    """The state of a background task: `failing` if its last turn failed, `stalled` if a turn does not end."""

    name: str
    state: Literal["ok", "failing", "stalled"]
    last_ok: Time | None = Field(description="When a turn last went well.")
    failures: int = Field(description="Turns that failed since then.")


class ConfigurationHealth(AnswerModel):
    """Which configuration answers: the beginning of its SHA-256, when it was loaded, and the gateway's version."""

    digest: str
    loaded_at: Time
    version: str


class Health(AnswerModel):
    """The result of a check, with the cause of a failure; what follows `detail` only if it was requested."""

    status: Literal["ok", "unavailable"]
    detail: WhereItApplies[str] = None
    configuration: WhereItApplies[ConfigurationHealth] = None
    vendors: WhereItApplies[list[VendorHealth]] = None
    tasks: WhereItApplies[list[TaskHealth]] = None
    not_promised: WhereItApplies[list[str]] = Field(
        None, description="What a journal should promise and this one does not, where there is such a thing."
    )
