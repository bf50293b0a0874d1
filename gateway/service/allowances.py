"""How much of the limits is used and left, for callers and for Prometheus; and what has become another limit."""

from decimal import Decimal
from typing import Annotated

import structlog
from pydantic import Field

from gateway.answers.answer_model import AnswerModel, Points, Time
from gateway.errors import StoreUnavailable
from gateway.journal import Journal
from gateway.limits import Budget, Ceilings, Direction, Kind, budgets_of, end_of, written
from gateway.metrics import Metrics
from gateway.model import time_text

log = structlog.get_logger(__name__)


class DailyAllowance(AnswerModel):
    """What is left for today of one budget, the client's for all its tenants, or the tenant's for all its clients."""

    of: Kind
    point_type: str = Field(description="A canonical point type; `*` is all that has no budget of its own, together.")
    direction: Direction
    limit: Points
    used: Points
    left: Points


class LimitsAnswer(AnswerModel):
    """What a client may still adjust for a tenant today; nothing here is a bound where it is null or not named."""

    client: str
    tenant: str
    max_points: Annotated[Points | None, Field(description="Points of the largest adjustment, credit or debit.")]
    resets_at: Time
    daily: list[DailyAllowance]


class Allowances:
    """The limits of everybody, and what the journal says of them."""

    def __init__(self, ceilings: Ceilings, journal: Journal, metrics: Metrics) -> None:
        self._ceilings = ceilings
        self._journal = journal
        self._metrics = metrics
        self._budgets = tuple(budget for each in ceilings.all() for budget in budgets_of(*each))

    async def answer(self, *, client: str, tenant: str) -> LimitsAnswer:
        """What is left for a client within a tenant. Raises `StoreUnavailable`."""
        limits = self._ceilings.of(client=client, tenant=tenant)
        usage = await self._journal.used([budget for each in limits for budget in budgets_of(*each)])
        largest = [each.max_points for _, _, each in limits if each.max_points is not None]
        return LimitsAnswer(
            client=client,
            tenant=tenant,
            max_points=min(largest, default=None),
            resets_at=time_text(end_of(usage.day)),
            daily=[_daily(budget, used) for budget, used in usage.by_budget.items()],
        )

    async def count(self) -> None:
        """Have the metrics say what is used now. Raises `StoreUnavailable`."""
        used = (await self._journal.used(self._budgets)).by_budget if self._budgets else {}
        self._metrics.budgets.used = used

    async def note(self) -> None:
        """Say, once, at the start, which limits are others than the last gateway had that was started."""
        try:
            changes = await self._journal.note_limits(
                {f"{kind} {name}": written(limits) for kind, name, limits in self._ceilings.all()}
            )
        except StoreUnavailable as error:
            log.error("the limits cannot be compared with those before", error=error.detail)
            return
        for each in changes:
            log.warning("a limit was changed", of=each.name, before=each.before or "none", after=each.after or "none")


def _daily(budget: Budget, used: Decimal) -> DailyAllowance:
    return DailyAllowance(
        of=budget.kind,
        point_type=budget.point_type,
        direction=budget.direction,
        limit=budget.points,
        used=used,
        left=max(budget.points - used, Decimal(0)),
    )
